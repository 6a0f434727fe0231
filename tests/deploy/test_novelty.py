"""P-values of novelty in the exported graph, in parity, in the self-test and in what the runtime gives."""

from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
import torch

from deploy.bundle import BundleTask, write_bundle
from deploy.errors import BundleError
from deploy.export import to_onnx
from deploy.parity import TOLERANCE, compare
from deploy.runtime import PRESENCE, Runtime, Scores, session
from deploy.selftest import NOVELTY_TOLERANCE, differences, tolerance
from models.deciding import Deciding
from models.injection import Dataset
from models.novelty.fitting import fit_novelty
from models.tasks import Task
from tests.synthetic import ENOSE, THERMAL, dataset, manifest, network, raw_windows

SPECS = (THERMAL, ENOSE)
LABEL = Task(name="label", stream=None, classes=("ok", "bad"), frequencies=(0.3, 0.7))
MASKS = list(product((True, False), repeat=2))
NAMES = ("novelty", "novelty:thermal", "novelty:enose")
Exported = tuple[Deciding, bytes]


@pytest.fixture(scope="module")
def graph() -> Exported:
    deciding = Deciding(network(SPECS, (LABEL,))).eval()
    fit_novelty(deciding, dataset(120), dataset(99, seed=4))
    return deciding, to_onnx(deciding)


def windows(items: int, seed: int = 3) -> dict[str, np.ndarray]:
    return {s.name: raw_windows(s, items, seed).astype(np.float32) for s in SPECS}


@pytest.fixture(scope="module")
def runtime(graph: Exported, tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    return Runtime(bundle(graph, tmp_path_factory.mktemp("bundles")))


def bundle(graph: Exported, folder: Path, by: float = 0.0) -> Path:
    """A bundle whose self-test promises p-values that are off by some difference."""
    deciding, model = graph
    names = deciding.output_names()
    inputs = windows(3) | {PRESENCE: np.ones((3, 2), np.bool_)}
    found = dict(zip(names, session(model, 1).run(names, inputs), strict=True))
    found["novelty"] = found["novelty"] + np.float32(by)
    plain = manifest()
    return write_bundle(
        folder,
        msgspec.structs.replace(
            plain,
            streams={n: plain.streams[n] for n in ("thermal", "enose")},
            tasks={"label": BundleTask(stream=None, classes=LABEL.classes)},
            outputs=tuple(names),
        ),
        model,
        inputs,
        found,
    )


def test_p_values_stand_between_the_answers_and_the_embedding(graph: Exported) -> None:
    deciding, model = graph
    assert deciding.output_names() == ["label", "label:joint", "label:thermal", "label:enose", *NAMES, "embedding"]
    outputs = {o.name: o.type.tensor_type.shape for o in onnx.load_from_string(model).graph.output}
    assert list(outputs) == deciding.output_names()
    for name in NAMES:
        assert outputs[name].dim[0].dim_param == "batch"
        assert outputs[name].dim[1].dim_value == 1


@pytest.mark.parametrize("size", [1, 2, 7, 32])
def test_the_graphs_p_values_are_the_networks_for_every_presence_mask(graph: Exported, size: int) -> None:
    deciding, model = graph
    runtime, feed = session(model, 1), windows(size)
    for mask in MASKS:
        here = np.tile(mask, (size, 1))
        found = runtime.run(list(NAMES), feed | {PRESENCE: here})
        with torch.inference_mode():
            wanted = deciding(*(torch.from_numpy(w) for w in feed.values()), torch.from_numpy(here))
        for name, ours, theirs in zip(NAMES, found, wanted[-4:-1], strict=True):
            np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=NOVELTY_TOLERANCE / 10, err_msg=name)
            assert ((ours > 0) & (ours <= 1)).all()


def test_what_an_absent_stream_holds_reaches_no_p_value(graph: Exported) -> None:
    runtime, one, other = session(graph[1], 1), windows(4), windows(4, seed=8)
    here = np.array([[True, False]] * 4)
    found = runtime.run(list(NAMES), one | {PRESENCE: here})
    again = runtime.run(list(NAMES), one | {"enose": other["enose"] * 1e3, PRESENCE: here})
    for a, b in zip(found, again, strict=True):
        assert np.array_equal(a, b)
    assert (found[2] == 1).all()
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


def test_masks_may_differ_within_a_batch(graph: Exported) -> None:
    runtime, feed, here = session(graph[1], 1), windows(4), np.array(MASKS)
    together = runtime.run(["novelty"], feed | {PRESENCE: here})[0]
    for n in range(4):
        one = {name: w[n : n + 1] for name, w in feed.items()} | {PRESENCE: here[n : n + 1]}
        np.testing.assert_allclose(runtime.run(["novelty"], one)[0], together[n : n + 1], atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 255.0, 1e7])
def test_windows_that_no_sensor_should_send_are_novel_or_at_least_finite(graph: Exported, value: float) -> None:
    feed = {n: np.full_like(w, value) for n, w in windows(1).items()}
    found = session(graph[1], 1).run(list(NAMES), feed | {PRESENCE: np.ones((1, 2), np.bool_)})
    assert np.isfinite(found).all()
    assert float(found[0][0, 0]) == pytest.approx(1 / 100, rel=1e-4)


def test_parity_tells_p_values_from_probabilities(graph: Exported) -> None:
    deciding, model = graph
    found = compare(deciding, session(model, 1), windows(4))
    assert found.worst <= TOLERANCE
    assert not found.output.startswith("novelty")
    assert 0 <= found.novelty <= NOVELTY_TOLERANCE


def test_parity_refuses_p_values_that_differ(graph: Exported) -> None:
    _, model = graph
    other = Deciding(network(SPECS, (LABEL,))).eval()
    fit_novelty(other, dataset(120), shifted(dataset(99, seed=4)))
    with pytest.raises(BundleError, match=r"output 'novelty.*\(allowed 0.001\)"):
        compare(other, session(model, 1), windows(4))


def shifted(data: Dataset) -> Dataset:
    """The same parts, read a little higher: other p-values from the same network."""
    return Dataset(
        windows={n: w + w.dtype.type(1) for n, w in data.windows.items()}, rows=data.rows, targets=data.targets
    )


@pytest.mark.parametrize(
    ("output", "allowed"),
    [("novelty", NOVELTY_TOLERANCE), ("novelty:a", NOVELTY_TOLERANCE), ("label", 1e-5), ("label:novelty", 1e-5)],
)
def test_only_p_values_may_be_off_by_more(output: str, allowed: float) -> None:
    assert tolerance(output, 1e-5) == allowed


def test_a_p_value_is_held_to_its_tolerance_where_it_decides_and_to_ten_times_that_where_it_does_not() -> None:
    small, large = np.full((1, 1), 0.01, np.float32), np.ones((1, 1), np.float32)
    step = np.float32(2 * NOVELTY_TOLERANCE)
    assert differences("novelty:a", small + step, small) > NOVELTY_TOLERANCE
    assert differences("novelty", large - step, large) < NOVELTY_TOLERANCE
    assert differences("label", large - step, large) == pytest.approx(step, rel=1e-3)


@pytest.mark.parametrize(("by", "fails"), [(NOVELTY_TOLERANCE / 2, False), (NOVELTY_TOLERANCE * 25, True)])
def test_the_self_test_looks_at_p_values_too(graph: Exported, tmp_path: Path, by: float, fails: bool) -> None:
    folder = bundle(graph, tmp_path, by)
    if not fails:
        assert Runtime(folder).bundle.folder == folder
        return
    with pytest.raises(BundleError, match=r"self-test output 'novelty' differs by 0\.0\d+; at most 0\.001 is allowed"):
        Runtime(folder)


def test_scores_carry_the_p_values_of_the_streams_that_took_part(runtime: Runtime) -> None:
    one = {s.name: raw_windows(s, 1, 3)[0] for s in SPECS}
    whole, part = runtime.scores(one), runtime.scores({"enose": one["enose"]})
    assert whole.novelty == float(whole.outputs["novelty"][0])
    assert set(whole.novelties) == {"thermal", "enose"}
    assert set(part.novelties) == {"enose"}
    assert part.novelty == pytest.approx(part.novelties["enose"], abs=1e-5)
    assert part.novelties["enose"] == pytest.approx(whole.novelties["enose"], abs=1e-5)


def test_a_bundle_of_before_says_nothing_about_novelty(bundle_folder: Path) -> None:
    before = Runtime(bundle_folder)
    scores = before.scores({"thermal": raw_windows(THERMAL, 1)[0]})
    assert scores.novelty is None
    assert scores.novelties == {}
    assert Scores(outputs={}, streams=()).novelty is None
