"""The network: presence masks, single-stream heads, paths, and what it says of itself."""

from itertools import product

import numpy as np
import pytest
import torch

from models.deciding import Deciding
from models.injection import collate
from models.network import MultimodalNetwork
from tests.synthetic import LABEL, SPECS, TASKS, dataset, network, raw_windows, tasks_for, without

MASKS = [m for m in product((False, True), repeat=3) if any(m)]


def windows(items: int = 4, seed: int = 0) -> list[torch.Tensor]:
    return [torch.from_numpy(raw_windows(s, items, seed).astype(np.float32)) for s in SPECS]


def outputs(deciding: Deciding, inputs: list[torch.Tensor], mask: tuple[bool, ...]) -> dict[str, torch.Tensor]:
    presence = torch.tensor(mask).expand(len(inputs[0]), 3)
    with torch.inference_mode():
        return dict(zip(deciding.output_names(), deciding(*inputs, presence), strict=True))


def present_outputs(names: list[str], mask: tuple[bool, ...]) -> list[str]:
    """Outputs that may be read: those of absent streams mean nothing."""
    absent = [s.name for s, here in zip(SPECS, mask, strict=True) if not here]
    return [n for n in names if not any(n.endswith((f":{a}", f".{a}")) for a in absent)]


@pytest.mark.parametrize("mask", MASKS)
def test_what_an_absent_stream_holds_changes_no_output(mask: tuple[bool, ...]) -> None:
    deciding = Deciding(network()).eval()
    one, other = windows(), windows(seed=9)
    mixed = [a if here else b for a, b, here in zip(one, other, mask, strict=True)]
    first, second = outputs(deciding, one, mask), outputs(deciding, mixed, mask)
    assert all(torch.equal(first[n], second[n]) for n in first)


@pytest.mark.parametrize("stream", [s.name for s in SPECS])
def test_a_single_streams_head_depends_on_that_stream_alone(stream: str) -> None:
    deciding = Deciding(network()).eval()
    names = [s.name for s in SPECS]
    one, other = windows(), windows(seed=9)
    mixed = [a if n == stream else b for a, b, n in zip(one, other, names, strict=True)]
    first, second = outputs(deciding, one, (True,) * 3), outputs(deciding, mixed, (True,) * 3)
    alone = outputs(deciding, one, tuple(n == stream for n in names))
    heads = [n for n in first if n.endswith((f":{stream}", f".{stream}"))]
    assert heads
    for name in heads:
        assert torch.equal(first[name], second[name])
        assert torch.equal(first[name], alone[name])
    assert not torch.equal(first["label:joint"], second["label:joint"])


def test_presence_of_a_stream_changes_the_joint_answer() -> None:
    deciding = Deciding(network()).eval()
    everything = outputs(deciding, windows(), (True,) * 3)["label:joint"]
    for mask in MASKS[:-1]:
        assert not torch.equal(outputs(deciding, windows(), mask)["label:joint"], everything)


@pytest.mark.parametrize("mask", MASKS)
def test_probabilities_sum_to_one_and_all_outputs_are_finite(mask: tuple[bool, ...]) -> None:
    found = outputs(Deciding(network()).eval(), windows(), mask)
    assert all(v.isfinite().all() for v in found.values())
    for name in ("label", "label:joint", "label:enose", "label.acoustic"):
        torch.testing.assert_close(found[name].sum(dim=1), torch.ones(4))


def test_outputs_are_named_by_their_manifest_column() -> None:
    assert Deciding(network()).output_names() == [
        "label",
        "label:joint",
        "label:acoustic",
        "label:thermal",
        "label:enose",
        "severity",
        "severity:joint",
        "severity:acoustic",
        "severity:thermal",
        "severity:enose",
        "label.acoustic",
        "embedding",
    ]


def test_every_parameter_is_on_exactly_one_path() -> None:
    net = network()
    on_paths = [id(p) for params in net.paths().values() for p in params]
    assert sorted(on_paths) == sorted(id(p) for p in net.parameters())
    assert set(net.paths()) == {"acoustic", "thermal", "enose", "shared"}


def test_describe_counts_every_hidden_neuron_by_its_set() -> None:
    net = network()
    layers = net.describe()
    assert [sum(layer.values()) for layer in layers] == [len(layer.bias) for layer in net.hidden]
    assert all({"acoustic", "acoustic+thermal", "all"} <= set(layer) for layer in layers)


def test_one_stream_and_one_task_make_a_network() -> None:
    net = MultimodalNetwork(SPECS[2:], (LABEL,)).eval()
    found = Deciding(net).eval()(torch.rand(2, 3, 8), torch.ones(2, 1, dtype=torch.bool))
    assert [f.shape for f in found[:3]] == [(2, 3)] * 3


def test_items_without_a_stream_train_as_if_their_window_were_masked() -> None:
    specs = SPECS[1:]
    net = network(specs, tasks_for())
    whole = dataset(6)
    items = np.arange(6)
    partly, full = collate(without(whole, "thermal", [1, 4]), items), collate(whole, items)
    mask = partly.presence(net.streams)
    assert mask.tolist() == [[i not in (1, 4), True] for i in range(6)]
    with torch.inference_mode():
        lean, masked = net.advance(net.encode(partly), mask), net.advance(net.encode(full), mask)
    torch.testing.assert_close(lean, masked, rtol=0, atol=1e-5)


def test_the_joint_head_is_averaged_with_what_the_present_streams_say_together_by_bayes_rule() -> None:
    deciding = Deciding(network()).eval()
    answers = {o: torch.randn(1, t.outputs) for t in TASKS for o, _ in deciding.network.pairs(t)}
    heads = {o: deciding.corrected(LABEL, answers[o])[0].exp() for o, _ in deciding.network.pairs(LABEL)}
    prior = torch.tensor(LABEL.frequencies)
    for mask in MASKS:
        found = deciding.combined(LABEL, answers, torch.tensor([mask]))["label"][0]
        likelihoods = [heads[f"label:{s.name}"] / prior for s, here in zip(SPECS, mask, strict=True) if here]
        streams = prior * torch.stack([torch.ones_like(prior), *likelihoods]).prod(dim=0)
        pooled = (heads["label:joint"] * streams / streams.sum()).sqrt()
        torch.testing.assert_close(found.softmax(dim=0), pooled / pooled.sum())


def test_a_stream_that_only_knows_the_frequencies_changes_no_answer() -> None:
    deciding = Deciding(network()).eval()
    answers = {o: torch.randn(1, t.outputs) for t in TASKS for o, _ in deciding.network.pairs(t)}
    blank = torch.tensor(LABEL.frequencies).log() + deciding.get_buffer("shift label")
    answers["label:thermal"] = blank[None]
    with_it, without = ([True, True, True], [s.name != "thermal" for s in SPECS])
    found = [deciding.combined(LABEL, answers, torch.tensor([mask]))["label"] for mask in (with_it, without)]
    torch.testing.assert_close(*found)


def test_values_of_the_heads_that_are_present_are_averaged() -> None:
    deciding = Deciding(network()).eval()
    task = next(task for task in TASKS if not task.classes and task.stream is None)
    answers = {o: torch.randn(1, t.outputs) for t in TASKS for o, _ in deciding.network.pairs(t)}
    for mask in MASKS:
        found = deciding.combined(task, answers, torch.tensor([mask]))[task.name][0]
        single = [answers[f"{task.name}:{s.name}"][0] for s, here in zip(SPECS, mask, strict=True) if here]
        torch.testing.assert_close(found, torch.stack([answers[f"{task.name}:joint"][0], *single]).mean(dim=0))


def test_probabilities_are_those_of_the_training_frequencies() -> None:
    """An answer that fits the weighted loss without looking at the part comes out as the class frequencies."""
    deciding = Deciding(network()).eval()
    frequencies = torch.tensor(LABEL.frequencies)
    weighted = frequencies * deciding.get_buffer("shift label").exp()
    found = deciding.corrected(LABEL, weighted.log()[None]).exp()[0]
    torch.testing.assert_close(found, frequencies)
