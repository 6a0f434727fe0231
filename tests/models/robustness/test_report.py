"""Every stream stands in the report under every perturbation, with the clean figures of the same items beside it."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from models.deciding import Deciding
from models.injection import Dataset
from models.robustness import Robustness, RobustnessSettings, robustness_report
from models.robustness.report import Row
from models.scorers import features_of, network_scorer
from tests.synthetic import ENOSE, THERMAL, dataset, network, tasks_for, without

QUICK = RobustnessSettings(noise=(0.1, 3.0), radii=(0.01, 0.5), steps=3, most_items=60, most_attacked=16)
TRAIN = dataset(80, seed=5)
DATA = without(dataset(90, seed=7), "enose", [1, 2, 3])


@cache
def learnt() -> Deciding:
    """A network whose heads were fitted, a few steps, so that its answers depend on both streams."""
    deciding = Deciding(network((THERMAL, ENOSE), tasks_for()))
    features = [torch.from_numpy(rows) for rows in features_of(deciding, TRAIN).values()]
    here, net = torch.ones(80, 2, dtype=torch.bool), deciding.network
    later = [*net.hidden.parameters(), *net.heads.parameters()]
    steps = torch.optim.Adam(later, 0.003)
    for _ in range(40):
        steps.zero_grad()
        answers = net.answer(net.advance(features, here))
        targets = {n: torch.from_numpy(v).long() for n, v in TRAIN.targets.items()}
        total = sum(torch.nn.functional.cross_entropy(a, targets[n.partition(":")[0]]) for n, a in answers.items())
        total.backward()  # type: ignore[union-attr]
        steps.step()
    steps.zero_grad(set_to_none=True)
    return deciding.eval()


@cache
def usual() -> Robustness:
    return robustness_report(learnt(), DATA, TRAIN, QUICK)


def rows(name: str, stream: str = "thermal", data: Dataset = DATA, **options: object) -> list[Row]:
    asked = data is not DATA or options
    report = robustness_report(learnt(), data, TRAIN, QUICK, **options) if asked else usual()  # type: ignore[arg-type]
    return [row for row in report.rows if (row.stream, row.perturbation) == (stream, name)]


def test_every_stream_is_there_under_every_perturbation_and_the_report_goes_to_json() -> None:
    report = usual()
    names = ["removed", "constant", "saturated", "swapped", "noisy", "noisy", "attacked", "attacked"]
    assert [row.perturbation for row in report.rows] == names * 2
    assert [row.stream for row in report.rows] == ["thermal"] * 8 + ["enose"] * 8
    back = json.loads(json.dumps(report.as_json()))
    assert back["rows"][4]["level"] == 0.1
    assert back["rows"][0]["clean"]["log_loss"] == report.rows[0].clean.log_loss
    assert (back["items"], back["task"], back["seed"]) == (60, "label", 0)


def test_the_clean_figures_are_those_of_the_network_on_these_items() -> None:
    settings = replace(QUICK, most_items=1000)
    report = robustness_report(learnt(), DATA, TRAIN, settings)
    found = network_scorer(learnt())(features_of(learnt(), DATA), DATA.presence()).astype(np.float64)
    found /= found.sum(axis=1, keepdims=True)
    truth = DATA.targets["label"].astype(int)
    assert report.clean.accuracy == pytest.approx((found.argmax(axis=1) == truth).mean())
    assert report.clean.log_loss == pytest.approx(log_loss(truth, found), abs=1e-5)
    assert report.clean.accuracy > 0.8


def test_only_items_that_have_the_stream_are_counted() -> None:
    settings = replace(QUICK, most_items=1000)
    report = robustness_report(learnt(), DATA, TRAIN, settings)
    assert {row.items for row in report.rows if row.perturbation == "swapped"} == {87, 90}
    assert {row.items for row in report.rows if row.perturbation == "attacked"} == {16}


def test_two_reports_of_one_seed_are_equal_and_leave_the_network_as_it_was() -> None:
    before = {name: value.clone() for name, value in learnt().state_dict().items()}
    torch.manual_seed(123)
    assert robustness_report(learnt(), DATA, TRAIN, QUICK) == usual()
    assert robustness_report(learnt(), DATA, TRAIN, replace(QUICK, seed=1)) != usual()
    assert all(torch.equal(value, before[name]) for name, value in learnt().state_dict().items())
    assert all(parameter.grad is None for parameter in learnt().parameters())


@pytest.mark.parametrize("stream", ["thermal", "enose"])
def test_an_attack_is_worse_than_nothing_and_a_larger_one_worse_than_a_small_one(stream: str) -> None:
    small, large = rows("attacked", stream)
    assert small.clean == large.clean
    # The attack is on the uncalibrated loss; temperatures are 1 here.
    assert small.clean.log_loss <= small.perturbed.log_loss + 1e-6
    assert small.perturbed.log_loss < large.perturbed.log_loss
    assert large.perturbed.log_loss > large.clean.log_loss + 0.1


def test_an_attack_harms_more_than_noise_of_its_size() -> None:
    settings = replace(QUICK, noise=(0.5,), radii=(0.5,), most_attacked=60)
    report = robustness_report(learnt(), DATA, TRAIN, settings)
    harm = {(row.stream, row.perturbation): row.perturbed.log_loss - row.clean.log_loss for row in report.rows}
    for stream in ("thermal", "enose"):
        assert harm[stream, "attacked"] > 2 * abs(harm[stream, "noisy"]) > 0


def test_a_removed_stream_answers_as_the_mask_does_and_the_last_one_as_the_prior() -> None:
    alone = Dataset(
        windows=DATA.windows, rows=DATA.rows | {"enose": np.full(90, -1)}, targets=DATA.targets, names=DATA.names
    )
    (row,) = rows("removed", data=alone)
    # bad is the more frequent class of training: the prior calls everything bad.
    taken = row.perturbed.accuracy * row.items
    assert taken == pytest.approx(round(taken))
    assert row.perturbed.auc == pytest.approx(0.5)
    assert rows("removed", "enose", data=alone) == []


def test_verdicts_are_counted_as_the_caller_decides_them() -> None:
    (swapped,) = rows("swapped")
    assert swapped.changed > 0.05
    (never,) = rows("swapped", verdicts=lambda probabilities: np.zeros(len(probabilities)))
    assert never.changed == 0.0
    (strict,) = rows("swapped", verdicts=lambda probabilities: probabilities[:, 1] > 2)
    assert strict.changed == 0.0


def test_a_task_of_one_stream_is_perturbed_in_that_stream_alone() -> None:
    report = robustness_report(learnt(), DATA, TRAIN, QUICK, task="label.enose")
    assert {row.stream for row in report.rows} == {"enose"}
    (removed,) = (row for row in report.rows if row.perturbation == "removed")
    assert removed.perturbed.log_loss == pytest.approx(np.log(2), abs=1e-6)


def test_a_stream_that_training_never_had_is_left_out() -> None:
    none = TRAIN.windows | {"enose": TRAIN.windows["enose"][:0]}
    bare = Dataset(windows=none, rows=TRAIN.rows | {"enose": np.full(80, -1)}, targets=TRAIN.targets)
    report = robustness_report(learnt(), DATA, bare, QUICK)
    assert {row.stream for row in report.rows} == {"thermal"}


def test_nothing_to_measure_is_said() -> None:
    unknown = Dataset(windows=DATA.windows, rows=DATA.rows, targets={"label": np.full(90, np.nan, np.float32)})
    with pytest.raises(ValueError, match="none of 90 items has a known class of 'label'"):
        robustness_report(learnt(), unknown, TRAIN, QUICK)
    with pytest.raises(ValueError, match="no task 'smell' of classes"):
        robustness_report(learnt(), DATA, TRAIN, QUICK, task="smell")
