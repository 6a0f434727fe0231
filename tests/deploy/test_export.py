"""The exported graph equals the network that it was made from, and carries nothing of this machine."""

import getpass
import re
import socket
import sys
import tempfile
from itertools import product
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from deploy.errors import BundleError
from deploy.export import OneMap, plain, to_onnx
from deploy.parity import BATCHES, TOLERANCE, compare
from deploy.runtime import PRESENCE, session
from models.deciding import Deciding
from tests.synthetic import ENOSE, LABEL, SPECS, network, raw_windows

Exported = tuple[Deciding, bytes]
MASKS = list(product((True, False), repeat=3))


def windows(items: int, seed: int = 3) -> dict[str, np.ndarray]:
    return {s.name: raw_windows(s, items, seed).astype(np.float32) for s in SPECS}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 32])
def test_the_graph_equals_the_network_for_every_presence_mask(exported: Exported, size: int) -> None:
    deciding, model = exported
    runtime, feed = session(model, 1), windows(size)
    for mask in MASKS:
        here = np.tile(mask, (size, 1))
        found = runtime.run(deciding.output_names(), feed | {PRESENCE: here})
        with torch.inference_mode():
            wanted = deciding(*(torch.from_numpy(w) for w in feed.values()), torch.from_numpy(here))
        for name, ours, theirs in zip(deciding.output_names(), found, wanted, strict=True):
            assert ours.shape == theirs.shape
            np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=1e-5, err_msg=f"{name} {mask}")


def test_masks_may_differ_within_a_batch(exported: Exported) -> None:
    deciding, model = exported
    runtime, feed, here = session(model, 1), windows(8), np.array(MASKS)
    together = runtime.run(["label"], feed | {PRESENCE: here})[0]
    alone = [
        runtime.run(["label"], {n: w[i : i + 1] for n, w in feed.items()} | {PRESENCE: here[i : i + 1]})[0]
        for i in range(8)
    ]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=0, atol=1e-6)
    assert deciding.output_names()[0] == "label"


def test_what_an_absent_stream_holds_does_not_reach_the_graphs_outputs(exported: Exported) -> None:
    deciding, model = exported
    runtime, one, other = session(model, 1), windows(2), windows(2, seed=8)
    here = np.array([[True, False, True]] * 2)
    found = runtime.run(deciding.output_names(), one | {PRESENCE: here})
    again = runtime.run(deciding.output_names(), one | {"thermal": other["thermal"], PRESENCE: here})
    for name, a, b in zip(deciding.output_names(), found, again, strict=True):
        assert np.array_equal(a, b), name


@pytest.mark.parametrize("mask", MASKS)
def test_streams_of_zeros_leave_every_output_finite_and_equal(exported: Exported, mask: tuple[bool, ...]) -> None:
    """The runtime fills absent streams with zeros, and a dead microphone sends nothing else."""
    deciding, model = exported
    feed = {n: np.zeros_like(w) for n, w in windows(2).items()}
    here = np.array([mask] * 2)
    found = session(model, 1).run(deciding.output_names(), feed | {PRESENCE: here})
    with torch.inference_mode():
        wanted = deciding(*(torch.from_numpy(w) for w in feed.values()), torch.from_numpy(here))
    for name, ours, theirs in zip(deciding.output_names(), found, wanted, strict=True):
        assert np.isfinite(ours).all(), name
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=1e-5, err_msg=name)


def test_the_batch_is_free_and_everything_is_named(exported: Exported) -> None:
    deciding, model = exported
    graph = onnx.load_from_string(model).graph
    assert [i.name for i in graph.input] == ["acoustic", "thermal", "enose", "presence"]
    assert [o.name for o in graph.output] == deciding.output_names()
    for value in (*graph.input, *graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch"


def test_the_graph_holds_plain_masked_weights(exported: Exported) -> None:
    deciding, model = exported
    stored = {i.name: onnx.numpy_helper.to_array(i) for i in onnx.load_from_string(model).graph.initializer}
    layer = deciding.network.hidden[0]
    masked = (layer.weight * layer.mask).detach().numpy()
    assert any(a.shape == masked.shape and np.array_equal(a, masked) for a in stored.values())
    assert not any(a.shape == masked.shape and np.array_equal(a, layer.mask.numpy()) for a in stored.values())


def test_all_heads_are_one_map_with_their_own_weights_and_none_of_foreign_neurons(exported: Exported) -> None:
    net = exported[0].network
    heads = plain(exported[0]).heads
    assert isinstance(heads, OneMap)
    signals = torch.randn(5, heads.linear.in_features)
    with torch.no_grad():
        found, wanted = heads(signals), net.answer(signals)
    assert list(found) == list(wanted)
    for output, answer in wanted.items():
        torch.testing.assert_close(found[output], answer, rtol=1e-5, atol=1e-6)
    rows = dict(zip(wanted, heads.linear.weight.split([a.shape[1] for a in wanted.values()]), strict=True))
    assert torch.equal(rows["label:joint"], net.heads["label:joint"].weight)
    own = net.heads["label:enose"].weight
    assert torch.equal(rows["label:enose"][rows["label:enose"] != 0].sort().values, own[own != 0].sort().values)
    assert (rows["label:enose"] != 0).sum(dim=1).max() <= own.shape[1]


def test_export_leaves_the_network_as_it_was(exported: Exported) -> None:
    """The report about a network is written after its export."""
    assert exported[0].network.describe() == network().describe()
    assert len(exported[0].network.describe()) == 2


def test_no_trace_of_this_machine_is_in_the_model(exported: Exported) -> None:
    here = (str(Path.cwd()), sys.prefix, tempfile.gettempdir() + "/", str(Path.home()) + "/", socket.gethostname())
    text = exported[1].decode("latin-1")
    assert [place for place in here if len(place) > 3 and place in text] == []
    assert f"/{getpass.getuser()}/" not in text
    assert re.findall(r"[\w/.-]{3,}\.py\b", text) == []
    assert "site-packages" not in text


def test_two_exports_give_the_same_bytes() -> None:
    deciding = Deciding(network((ENOSE,), (LABEL,))).eval()
    assert to_onnx(deciding) == to_onnx(deciding)


def test_parity_finds_the_export_equal_and_says_how_much_it_compared(exported: Exported) -> None:
    deciding, model = exported
    found = compare(deciding, session(model, 1), windows(4))
    assert found.worst <= TOLERANCE
    assert found.output in deciding.output_names()
    assert found.comparisons == len(BATCHES) * 8


def tampered(model: bytes, shape: tuple[int, ...], by: float) -> bytes:
    """The model with one number of its first weight of that shape changed."""
    graph = onnx.load_from_string(model)
    place = next(i for i in graph.graph.initializer if tuple(i.dims) == shape)
    values = onnx.numpy_helper.to_array(place).copy()
    values.flat[0] += by
    place.CopyFrom(onnx.numpy_helper.from_array(values, place.name))
    return bytes(graph.SerializeToString())


@pytest.mark.parametrize("by", [1.0, float("nan")])
def test_parity_refuses_a_tampered_graph_and_says_where(exported: Exported, by: float) -> None:
    deciding, model = exported
    outputs = sum(head.out_features for head in deciding.network.heads.values())
    wrong = session(tampered(model, (outputs,), by), 1)
    with pytest.raises(BundleError, match="export differs from training: output 'label") as error:
        compare(deciding, wrong, windows(4))
    assert re.search(
        r"by \S+ \(allowed 1e-05\) at item 0 of a batch of 1, presence \(True, True, True\)", str(error.value)
    )
