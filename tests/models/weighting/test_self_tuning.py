"""Tuning by the hypergradient: along the slopes, back without gain, and away from noise."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.hypergradient import OneStep
from models.injection import Dataset
from models.settings import Settings
from models.trainer import Trainer
from models.weighting.allotment import FLOOR
from models.weighting.base import Measured
from models.weighting.self_tuning import SelfTuning
from tests.synthetic import ENOSE, dataset, tasks_for

LOSSES = {"label": 0.5, "severity": 0.5, "other": 0.5}


class Sight:
    """Slopes and validation losses that a test prescribes."""

    def __init__(self, slopes: dict[str, float], losses: list[float]) -> None:
        self.slopes, self.losses = slopes, losses
        self.asked: list[dict[str, float]] = []

    def hypergradient(self, weights: dict[str, float]) -> dict[str, float]:
        self.asked.append(weights)
        return {n: self.slopes[n] for n in weights if n in self.slopes}

    def validation_loss(self) -> float:
        return self.losses.pop(0)


def current(weighting: SelfTuning) -> dict[str, float]:
    return weighting.weights(Measured(losses=LOSSES))


def test_it_starts_at_the_priorities_and_keeps_their_sum() -> None:
    priorities = {"label": 1.0, "severity": 3.0, "other": 0.5}
    weighting = SelfTuning(priorities)
    assert current(weighting) == pytest.approx(priorities, rel=1e-12)
    for step in range(200):
        weighting.tune(Sight({"label": -1.0, "severity": 1.0, "other": 0.2}, [1.0 / (step + 1)]))
        found = current(weighting)
        assert sum(found.values()) == pytest.approx(4.5, rel=1e-12)
        assert all(found[n] >= FLOOR * p * (1 - 1e-12) for n, p in priorities.items())
    assert found["label"] > 4.0


def test_a_weight_moves_by_the_exponent_of_a_slope_that_stays() -> None:
    weighting, exponent = SelfTuning({"label": 1.0, "severity": 1.0}), 0.0
    weighting.weights(Measured(losses={"label": 0.5, "severity": 0.5}))
    for times in range(1, 6):
        weighting.tune(Sight({"label": -0.003, "severity": 0.003}, [1.0 / times]))
        # A running mean over `times` slopes is worth `count`; what stays the same is surer the more there are.
        count = 19.0 * (1 - 0.9**times) / (1 + 0.9**times)
        exponent += 0.12 / (1 + times / 100) * (1 - 1 / count)
    found = weighting.weights(Measured(losses={"label": 0.5, "severity": 0.5}))
    assert found["label"] / found["severity"] == pytest.approx(math.exp(2 * exponent), rel=1e-9)


def test_slopes_that_are_small_beside_earlier_ones_move_little() -> None:
    weighting = SelfTuning({"label": 1.0, "severity": 1.0})
    weighting.weights(Measured(losses={"label": 0.5, "severity": 0.5}))
    losses = [1.0 / (times + 1) for times in range(300)]
    for loss in losses[:40]:
        weighting.tune(Sight({"label": -1.0, "severity": 1.0}, [loss]))
    for loss in losses[40:]:
        weighting.tune(Sight({"label": 0.05, "severity": -0.05}, [loss]))
    found = weighting.weights(Measured(losses={"label": 0.5, "severity": 0.5}))
    assert found["label"] > 0.95 * 2


def test_one_batch_gone_wrong_neither_turns_the_weights_nor_stops_them() -> None:
    weighting = SelfTuning({})
    current(weighting)
    for times in range(60):
        sight = Sight({"label": -1.0, "severity": 1.0, "other": 0.0}, [1.0 / (times + 1)])
        if times == 5:
            sight.slopes = {"label": 1e6, "severity": -1e6, "other": 0.0}
        weighting.tune(sight)
    assert current(weighting)["label"] > 0.9 * 3


def test_slopes_that_change_sign_change_nothing() -> None:
    weighting = SelfTuning({})
    before = current(weighting)
    for times in range(60):
        sign = (-1.0) ** times
        weighting.tune(Sight({"label": sign, "severity": -sign, "other": 0.0}, [1.0 / (times + 1)]))
    assert current(weighting) == pytest.approx(before, rel=1e-3)


def tuned() -> SelfTuning:
    """One that has looked often enough to move, at a validation loss of 1 when it last looked."""
    weighting = SelfTuning({})
    current(weighting)
    for loss in (1.3, 1.2, 1.1, 1.0):
        weighting.tune(Sight({"label": -1.0, "severity": 1.0, "other": 0.0}, [loss]))
    return weighting


def test_a_change_without_gain_is_taken_back() -> None:
    weighting, blind = tuned(), Sight({}, [1.01])
    before, changed = dict(weighting.state["kept"]), current(weighting)
    assert changed != pytest.approx(before, rel=1e-3)
    # Worse than at the last look: back, and no slope to go on from there.
    weighting.tune(blind)
    assert current(weighting) == pytest.approx(before, rel=1e-12)
    assert weighting.state["reverted"] == 1


def test_a_change_with_gain_is_kept() -> None:
    weighting = tuned()
    changed = current(weighting)
    weighting.tune(Sight({}, [0.99]))
    assert current(weighting) == pytest.approx(changed, rel=1e-12)
    assert weighting.state.get("reverted", 0) == 0


def test_a_task_that_the_batch_had_not_keeps_its_weight_beside_the_mean() -> None:
    found = current(tuned())
    assert found["label"] > found["other"] > found["severity"]


def test_a_task_that_is_off_is_not_asked_for() -> None:
    weighting, sight = SelfTuning({"other": 0.0}), Sight({"label": -1.0, "severity": 1.0, "other": -9.0}, [1.0])
    current(weighting)
    weighting.tune(sight)
    assert set(sight.asked[0]) == {"label", "severity"}
    assert current(weighting)["other"] == 0.0


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_changes_nothing(bad: float) -> None:
    weighting = SelfTuning({})
    before = current(weighting)
    weighting.tune(Sight({"label": -1.0, "severity": 1.0, "other": 0.0}, [bad]))
    assert current(weighting) == before
    weighting.tune(Sight({"label": -1.0, "severity": bad, "other": 0.0}, [1.0]))
    assert current(weighting) == before


def trained(val: Dataset) -> Trainer:
    """Thirty steps on parts with two streams."""
    specs = (replace(ENOSE, name="one"), replace(ENOSE, name="two"))
    settings = Settings(epochs=10, batch=16, weighting="self_tuning", budget_s=1e9)
    trainer = Trainer(specs, tasks_for(specs), dataset(48, specs=specs), val, settings, clock=lambda: 0.0)
    trainer.run()
    return trainer


def test_the_trainer_tunes_it_every_twenty_steps() -> None:
    specs = (replace(ENOSE, name="one"), replace(ENOSE, name="two"))
    state = trained(dataset(24, specs=specs, seed=5)).weighting.state
    assert state["times"] == 1
    assert math.isfinite(state["last"])
    assert set(state["means"]) == {"label:joint", "label:one", "label:two", "label.one", "label.two"}


def test_a_training_without_a_labelled_validation_item_keeps_its_priorities() -> None:
    specs = (replace(ENOSE, name="one"), replace(ENOSE, name="two"))
    val = dataset(24, specs=specs, seed=5)
    for values in val.targets.values():
        values[:] = np.nan
    trainer = trained(val)
    assert trainer.weighting.state["weights"] == pytest.approx(trainer.weighting.priorities, rel=1e-12)


def courses(seed: int, tasks: tuple[str, ...], begin_without_skill: bool = True) -> dict[str, list[float]]:
    """Share of each task after each update: those named noise have labels that are, the others are learnt all the while.

    A hidden layer that all share, stochastic descent on batches of 16 of 64 items, an update every other step. Heads
    begin without skill, or at random and so worse.
    """
    draw = torch.Generator().manual_seed(seed)
    truths = {n: torch.randn(6, dtype=torch.float64, generator=draw) for n in tasks if n != "noise"}

    def items(count: int) -> tuple[Tensor, Tensor]:
        rows = torch.randn(count, 6, dtype=torch.float64, generator=draw)
        noise = torch.randn(count, dtype=torch.float64, generator=draw)
        return rows, torch.stack([torch.tanh(rows @ truths[n]) if n in truths else noise for n in tasks], 1)

    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, len(tasks))).double()
    if begin_without_skill:
        nn.init.zeros_(net[2].weight)  # type: ignore[arg-type]
        nn.init.zeros_(net[2].bias)  # type: ignore[arg-type]
    parameters, (rows, targets), fold = list(net.parameters()), items(64), items(64)
    no_skill = targets.var(dim=0)

    def losses() -> dict[str, Tensor]:
        chosen = torch.randperm(64, generator=draw)[:16]
        return dict(zip(tasks, (net(rows[chosen]) - targets[chosen]).square().mean(dim=0) / no_skill, strict=True))

    outlook = OneStep(
        network=net,
        paths={"shared": parameters},
        rates={"shared": 0.01},
        losses=losses,
        validation=lambda: ((net(fold[0]) - fold[1]).square().mean(dim=0) / no_skill).sum(),
    )
    weighting, course = SelfTuning({}), {n: [1 / len(tasks)] for n in tasks}
    for step in range(600):
        found = losses()
        weights = weighting.weights(Measured(losses={n: v.item() for n, v in found.items()}))
        slopes = torch.autograd.grad(torch.stack([weights[n] * v for n, v in found.items()]).sum(), parameters)
        with torch.no_grad():
            for parameter, slope in zip(parameters, slopes, strict=True):
                parameter.sub_(0.01 * slope)
        if step % 2:
            weighting.tune(outlook)
            after = weighting.weights(Measured(losses=dict.fromkeys(tasks, 1.0)))
            for name, weight in after.items():
                course[name].append(weight / len(tasks))
    return course


@pytest.mark.parametrize("seed", range(8))
def test_a_task_that_is_pure_noise_ends_below_a_twentieth_after_three_hundred_updates(seed: int) -> None:
    course = courses(seed, ("signal", "noise"))["noise"]
    assert course[0] == 0.5
    assert course[-1] < 0.05
    assert max(course[150:]) < 0.06


@pytest.mark.slow
def test_pure_noise_ends_below_a_twentieth_in_all_but_one_of_sixteen_more_drawings() -> None:
    """In the one, what the two folds have in common by chance holds it under 0.25."""
    ends = [courses(seed, ("signal", "noise"))["noise"][-1] for seed in range(8, 24)]
    assert sum(end < 0.05 for end in ends) >= 15
    assert max(ends) < 0.25


@pytest.mark.slow
def test_tasks_that_are_learnt_share_what_pure_noise_loses() -> None:
    """Began at a third each; in one drawing of twelve the one that is learnt later is left with a twentieth."""
    ends = [{n: c[-1] for n, c in courses(seed, ("signal", "other", "noise")).items()} for seed in range(12)]
    assert all(end["noise"] < 0.05 for end in ends)
    least = sorted(min(end["signal"], end["other"]) for end in ends)
    assert least[0] > 0.02
    assert least[1] > 0.08
    assert least[3] > 0.15


@pytest.mark.slow
def test_pure_noise_keeps_some_weight_while_its_head_is_worse_than_no_skill() -> None:
    """Heads that begin at random: unlearning them lowers the validation loss, but never leads to more than half of the start."""
    courses_of_noise = [courses(s, ("signal", "noise"), begin_without_skill=False)["noise"] for s in range(12)]
    assert all(course[-1] < 0.25 for course in courses_of_noise)
    assert sum(course[-1] < 0.15 for course in courses_of_noise) >= 10
