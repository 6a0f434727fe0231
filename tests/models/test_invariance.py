"""What must not change a training: the unit of a loss, and the order in which tasks are named."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
import torch

import models.tasks
from models.injection import Dataset
from models.losses.agreement import agreements
from models.losses.base import Loss
from models.settings import Settings
from models.tasks import Task
from models.trainer import Trainer
from models.weighting import names
from tests.models.losses.kinds import thousandfold
from tests.synthetic import ENOSE, dataset

SPECS = (replace(ENOSE, name="one"), replace(ENOSE, name="two"))
ITEMS, BATCH, STEPS = 40, 8, 50
LABEL = Task(name="label", stream=None, classes=("ok", "bad"), frequencies=(0.25, 0.75))
ONE = Task(name="label.one", stream="one", classes=("ok", "bad"), frequencies=(0.5, 0.5))
TWO = Task(name="label.two", stream="two", classes=("ok", "bad"), frequencies=(0.5, 0.5))
GRADE = Task(name="severity", stream=None, classes=("0", "1", "2"), frequencies=(0.3, 0.3, 0.4), loss="ordinal")
SIZE = Task(name="severity.two", stream="two", classes=(), frequencies=(2.0, 0.5))
TASKS = (LABEL, GRADE, ONE, TWO, SIZE)


def parts(items: int, seed: int) -> Dataset:
    """Parts of two series with a grade and a size beside their labels, some of them unknown."""
    data = dataset(items, specs=SPECS, seed=seed)
    random = np.random.default_rng(seed)
    targets = data.targets | {
        "severity": (data.targets["label"] + random.integers(0, 2, items)).astype(np.float32),
        "severity.two": random.normal(size=items).astype(np.float32),
    }
    targets["label"][:3], targets["severity"][5:9] = np.nan, np.nan
    return replace(data, targets=targets)


def trained(tasks: tuple[Task, ...], epochs: int = STEPS * BATCH // ITEMS, **settings: object) -> Trainer:
    """After so many epochs."""
    chosen = Settings(**{"epochs": epochs, "batch": BATCH, "budget_s": 1e9, **settings})  # type: ignore[arg-type]
    ticks = count()
    trainer = Trainer(SPECS, tasks, parts(ITEMS, 0), parts(12, 5), chosen, lambda: float(next(ticks)))
    trainer.run()
    return trainer


def parameters(trainer: Trainer) -> dict[str, torch.Tensor]:
    return dict(trainer.network.state_dict())


@pytest.fixture
def _double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("_double")
@pytest.mark.parametrize(
    "chosen",
    [LABEL, *(pytest.param(t, marks=pytest.mark.slow) for t in (GRADE, SIZE))],
    ids=["cross_entropy", "ordinal", "huber"],
)
def test_a_loss_times_1000_leaves_the_parameters_after_50_steps_unchanged(
    chosen: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = parameters(trained(TASKS))
    build, multiplied = models.tasks.loss_for, []

    def scaled(name: str, classes: int, frequencies: tuple[float, ...]) -> Loss:
        plain = build(name, classes, frequencies)
        if frequencies != chosen.frequencies:
            return plain
        multiplied.append(name)
        return thousandfold(plain)

    monkeypatch.setattr("models.tasks.loss_for", scaled)
    trainer = trained(TASKS)
    second = parameters(trainer)
    assert multiplied
    assert any(p.loss.no_skill > 100 for p in trainer.pairs)
    assert trainer.sampler.steps() * len(trainer.course.epochs) == STEPS
    for name, value in first.items():
        assert (value - second[name]).abs().max() <= 1e-9, name
    # A test that nothing could fail would be passed by parameters that do not move.
    assert (first["hidden.0.weight"] - parameters(trained(TASKS, epochs=1))["hidden.0.weight"]).abs().max() > 1e-4


QUICK = ("fixed", "upgrad")
WEIGHTINGS = [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in names()]


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_the_order_of_the_tasks_changes_no_bit(weighting: str) -> None:
    first, second = (trained(tasks, epochs=2, weighting=weighting) for tasks in (TASKS, (SIZE, TWO, LABEL, ONE, GRADE)))
    assert first.course.epochs[-1].train == second.course.epochs[-1].train
    assert first.course.epochs[-1].val == second.course.epochs[-1].val
    other = parameters(second)
    for name, value in parameters(first).items():
        assert torch.equal(value, other[name]), name


def test_agreement_is_trained_beside_the_pairs_and_shown_as_a_further_term() -> None:
    def run(weights: dict[str, float]) -> Trainer:
        terms = agreements(weights, ("one", "two"), TASKS)
        chosen = Settings(epochs=12, batch=16, budget_s=1e9)
        ticks = count()
        built = Trainer(SPECS, TASKS, parts(ITEMS, 0), parts(12, 5), chosen, lambda: float(next(ticks)), terms=terms)
        built.run()
        return built

    without, with_it = run({}), run({"one+two": 2.0})
    assert without.course.epochs[-1].extra == {}
    shown = [e.extra["agreement:one+two"] for e in with_it.course.epochs]
    assert np.mean(shown[-3:]) < np.mean(shown[:3])
    assert set(with_it.course.epochs[-1].weights) == {p.output for p in with_it.pairs}
