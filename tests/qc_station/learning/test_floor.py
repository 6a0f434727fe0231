"""A network beside its floor: the figures are those of both, and who wins is said so that promotion can refuse."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.deciding import Deciding
from models.network import MultimodalNetwork
from qc_station.learning.floor import beside_floor, compared, network_probabilities
from tests.synthetic import ENOSE, THERMAL, dataset, network, tasks_for, without

SPECS = (THERMAL, ENOSE)
OK = np.array([True, False])
GROUPS = [f"g{n // 2}" for n in range(60)]


@pytest.fixture(scope="module")
def untrained() -> Deciding:
    built: MultimodalNetwork = network(SPECS, tasks_for())
    return Deciding(built).eval()


def test_an_untrained_network_does_not_beat_the_floor(untrained: Deciding) -> None:
    found = beside_floor(untrained, SPECS, dataset(200), dataset(60, seed=3), groups=GROUPS, ok_classes=("ok",))
    assert found is not None
    assert found["beaten"] is False
    assert found["message"].startswith("the network does not beat the floor: log loss ")
    assert found["validation"]["network"]["log_loss"] > found["validation"]["floor"]["log_loss"]
    assert found["log_loss_difference"]["lower"] > 0
    assert found["auc_difference"]["value"] == pytest.approx(
        found["validation"]["network"]["auc"] - found["validation"]["floor"]["auc"], abs=1e-6
    )
    assert json.loads(json.dumps(found))["summary"]["streams"]["enose"]["items"] == 200


def test_unlabelled_items_take_no_part_and_no_label_means_no_floor(untrained: Deciding) -> None:
    val = dataset(60, seed=3)
    targets = val.targets | {"label": np.where(np.arange(60) < 40, val.targets["label"], np.nan).astype(np.float32)}
    some = beside_floor(
        untrained, SPECS, dataset(200), replace(val, targets=targets), groups=GROUPS, ok_classes=("ok",)
    )
    assert some is not None
    assert some["items"] == 40
    none = replace(val, targets=val.targets | {"label": np.full(60, np.nan, np.float32)})
    assert beside_floor(untrained, SPECS, dataset(200), none, groups=GROUPS, ok_classes=("ok",)) is None


def test_the_networks_answer_is_that_of_its_graph_whatever_is_missing(untrained: Deciding) -> None:
    data = without(dataset(9), "thermal", [2, 5])
    found = network_probabilities(untrained, data, untrained.network.tasks[0])
    frames = np.zeros((9, *THERMAL.shape), np.float32)
    frames[data.rows["thermal"] >= 0] = data.windows["thermal"][data.rows["thermal"][data.rows["thermal"] >= 0]]
    presence = torch.from_numpy(data.presence())
    with torch.inference_mode():
        wanted = untrained(torch.from_numpy(frames), torch.from_numpy(data.windows["enose"]), presence)[0]
    np.testing.assert_allclose(found, wanted.numpy(), atol=1e-6)


def answers(right: np.ndarray, sure: float) -> np.ndarray:
    """Two-class answers to targets 0, 1, 0, 1, ... of which some are right."""
    targets = np.arange(len(right)) % 2
    told = np.where(right, targets, 1 - targets)
    found = np.full((len(right), 2), 1 - sure)
    found[np.arange(len(right)), told] = sure
    return found


def test_a_network_that_is_clearly_better_is_said_to_be() -> None:
    targets = np.arange(200) % 2
    good, poor = answers(np.arange(200) % 20 > 0, 0.9), answers(np.arange(200) % 4 > 0, 0.8)
    found = compared(good, poor, targets, [str(n) for n in range(200)], OK)
    assert found["beaten"] is True
    assert "may be chance" not in found["message"]
    assert found["log_loss_difference"]["upper"] < 0
    assert (found["mcnemar"]["only_first"], found["mcnemar"]["only_second"]) == (40, 0)
    other = compared(poor, good, targets, [str(n) for n in range(200)], OK)
    assert other["beaten"] is False


def test_a_small_gain_may_be_chance_and_says_so() -> None:
    right = np.ones(40, bool)
    right[:9] = False
    other = np.roll(right, 5)
    other[0] = False
    found = compared(answers(right, 0.9), answers(other, 0.9), np.arange(40) % 2, [str(n) for n in range(40)], OK)
    assert found["beaten"] is True
    assert "the network beats the floor, which may be chance:" in found["message"]


def test_where_groups_are_few_that_is_said_beside_what_counts_items() -> None:
    targets = np.arange(200) % 2
    good, poor = answers(np.arange(200) % 20 > 0, 0.9), answers(np.arange(200) % 4 > 0, 0.8)
    found = compared(good, poor, targets, [str(n % 2) for n in range(200)], OK)
    assert found["mcnemar"]["p"] < 1e-6
    assert "the network beats the floor, which may be chance since all items are of 2 groups: " in found["message"]


def test_a_network_without_an_error_is_never_refused() -> None:
    right = np.ones(40, bool)
    found = compared(answers(right, 0.97), answers(right, 0.99), np.arange(40) % 2, [str(n) for n in range(40)], OK)
    assert found["beaten"] is True


def test_an_equal_network_with_errors_does_not_beat_the_floor() -> None:
    right = np.arange(40) % 10 > 0
    same = answers(right, 0.9)
    assert compared(same, same, np.arange(40) % 2, [str(n) for n in range(40)], OK)["beaten"] is False


def test_without_a_good_class_there_is_no_auc_to_compare() -> None:
    same = answers(np.arange(40) % 10 > 0, 0.9)
    found = compared(same, same, np.arange(40) % 2, [str(n) for n in range(40)], np.array([False, False]))
    assert found["auc_difference"] is None
