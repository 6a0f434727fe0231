"""A network scored from its features answers as the whole graph does, and its streams share out what it knows."""

from pathlib import Path

import numpy as np
import pytest
import torch

from deploy.runtime import Runtime
from models.contribution import contributions
from models.deciding import Deciding
from models.injection import in_order
from models.scorers import class_task, features_of, network_contributions, network_scorer
from tests.synthetic import ENOSE, LABEL, SPECS, THERMAL, dataset, network, raw_windows, tasks_for, without

DATA = without(dataset(30), "enose", [3, 4, 9])


def deciding() -> Deciding:
    return Deciding(network((THERMAL, ENOSE), tasks_for())).eval()


def test_features_give_the_probabilities_of_the_whole_graph() -> None:
    net = deciding()
    found = network_scorer(net)(features_of(net, DATA), DATA.presence())
    (batch,) = in_order(DATA, 30)
    windows = []
    for spec in (THERMAL, ENOSE):
        rows = torch.zeros(30, *spec.shape)
        windows.append(rows.index_copy(0, batch.places[spec.name], batch.windows[spec.name]))
    with torch.inference_mode():
        whole = net(*windows, torch.from_numpy(DATA.presence()))[net.output_names().index("label")]
    assert found == pytest.approx(whole.numpy(), abs=1e-6)


def test_the_streams_of_a_network_share_out_its_whole_answer() -> None:
    for found in network_contributions(deciding(), DATA):
        assert found.items == 30
        assert sum(found.streams.values()) == pytest.approx(found.whole - found.prior, abs=1e-9)
        assert set(found.subsets) == {"", "thermal", "enose", "thermal+enose"}


def test_a_task_of_one_stream_owes_nothing_to_the_others() -> None:
    likelihood, _ = network_contributions(deciding(), DATA, task="label.thermal")
    assert abs(likelihood.streams["thermal"]) > 1e-4
    assert likelihood.streams["enose"] == pytest.approx(0.0, abs=1e-6)
    assert likelihood.subsets["enose"] == likelihood.prior


def test_the_exported_runtime_and_the_network_give_the_same_contributions(
    exported: tuple[Deciding, bytes], bundle_folder: Path
) -> None:
    runtime = Runtime(bundle_folder)
    windows = {spec.name: raw_windows(spec, 12) for spec in SPECS}
    presence = np.random.default_rng(0).random((12, 3)) < 0.8
    targets = np.arange(12, dtype=np.float32) % 3
    by_runtime = contributions(
        lambda rows, here: runtime.batch(rows, here)["label"], windows, presence, targets, LABEL.frequencies
    )
    net, _ = exported
    with torch.inference_mode():
        features = {
            s.name: net.network.encoders[s.name](torch.from_numpy(windows[s.name]).float()).numpy() for s in SPECS
        }
    by_network = contributions(network_scorer(net), features, presence, targets, LABEL.frequencies)
    for one, other in zip(by_runtime, by_network, strict=True):
        assert one.streams == pytest.approx(other.streams, abs=1e-4)


def test_an_unknown_task_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"no task 'severity' of classes; allowed: label, label\.thermal, label\.enose"
    ):
        class_task(deciding(), "severity")
