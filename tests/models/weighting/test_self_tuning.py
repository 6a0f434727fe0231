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
        exponent += 0.2 * (1 - 1 / count)
    found = weighting.weights(Measured(losses={"label": 0.5, "severity": 0.5}))
    assert found["label"] / found["severity"] == pytest.approx(math.exp(2 * exponent), rel=1e-9)


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


def noisy(seed: int) -> list[float]:
    """Share of a task whose labels are noise, after each update, beside one that is learnt all the while.

    A hidden layer that both share, stochastic descent on batches of 16, an update every other step.
    """
    draw = torch.Generator().manual_seed(seed)
    truth = torch.randn(6, dtype=torch.float64, generator=draw)

    def items(count: int) -> tuple[Tensor, Tensor]:
        rows = torch.randn(count, 6, dtype=torch.float64, generator=draw)
        return rows, torch.stack([torch.tanh(rows @ truth), torch.randn(count, dtype=torch.float64, generator=draw)], 1)

    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    parameters, (rows, targets), fold = list(net.parameters()), items(64), items(64)

    def losses() -> dict[str, Tensor]:
        chosen = torch.randperm(64, generator=draw)[:16]
        return dict(zip(("signal", "noise"), (net(rows[chosen]) - targets[chosen]).square().mean(dim=0), strict=True))

    outlook = OneStep(
        network=net,
        paths={"shared": parameters},
        rates={"shared": 0.01},
        losses=losses,
        validation=lambda: (net(fold[0]) - fold[1]).square().mean(dim=0).sum(),
    )
    weighting, course = SelfTuning({}), []
    for step in range(600):
        found = losses()
        weights = weighting.weights(Measured(losses={n: v.item() for n, v in found.items()}))
        slopes = torch.autograd.grad(torch.stack([weights[n] * v for n, v in found.items()]).sum(), parameters)
        with torch.no_grad():
            for parameter, slope in zip(parameters, slopes, strict=True):
                parameter.sub_(0.01 * slope)
        if step % 2:
            weighting.tune(outlook)
            course.append(weighting.weights(Measured(losses={"signal": 1.0, "noise": 1.0}))["noise"] / 2)
    return course


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_task_that_is_pure_noise_falls_below_a_twentieth_within_three_hundred_updates(seed: int) -> None:
    course = noisy(seed)
    assert course[0] == pytest.approx(0.5)
    assert min(course) < 0.05
    assert sum(course[:150]) / 150 < 0.2
