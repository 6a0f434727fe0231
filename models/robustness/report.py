"""One table: every stream under every perturbation, beside the clean figures of the same items."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.contribution import LEAST_PROBABILITY
from models.deciding import Deciding
from models.injection import ABSENT, Dataset, InputSpec, collate
from models.robustness.answers import Answers
from models.robustness.perturbations import constant, noisy, saturated, swapped
from models.robustness.spread import Spread, spread_of
from models.scorers import MAIN, class_task

Verdicts = Callable[[NDArray[np.float64]], NDArray[Any]]
"""Probabilities, shape (items, classes), to what is done about each item, shape (items,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessSettings:
    """How hard and how long the streams are perturbed."""

    noise: tuple[float, ...] = (0.1, 0.3, 1.0)
    """Standard deviation of the noise, in standard deviations of the stream."""
    radii: tuple[float, ...] = (0.01, 0.1)
    """Largest change of a sample by the attack, in standard deviations of the stream."""
    steps: int = 5
    """Gradient steps of the attack."""
    most_items: int = 256
    """At most so many items are taken, at random."""
    most_attacked: int = 64
    """At most so many of these are attacked: each costs two passes through the encoder a step."""
    seed: int = 0
    """Of the choice of items, the noise, the swaps and the starts of the attack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How good the answers to some items are."""

    accuracy: float
    """Share of items whose most likely class is the true one."""
    auc: float | None
    """Area under the ROC curve of good against not good; None where only one of them is there."""
    log_loss: float
    """Mean negative log-probability of the true class in nats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stream under one perturbation."""

    stream: str
    """The stream; the others are as they are."""
    perturbation: str
    """removed, constant, saturated, swapped, noisy or attacked."""
    level: float | None
    """Noise or radius in standard deviations of the stream; None for the others."""
    items: int
    """Items that have the stream."""
    clean: Figures
    """Of the same items as they are."""
    perturbed: Figures
    """Of the items with the stream perturbed."""
    changed: float
    """Share of the items whose verdict is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """The whole report."""

    task: str
    """Whose answers were looked at."""
    items: int
    """Labelled items that were taken."""
    seed: int
    """Of every random choice."""
    clean: Figures
    """Of all of them as they are."""
    rows: tuple[Row, ...]
    """By stream and perturbation."""

    def as_json(self) -> dict[str, Any]:
        """The report in plain dictionaries, lists, texts and numbers."""
        return asdict(self) | {"rows": [asdict(row) for row in self.rows]}


def robustness_report(
    deciding: Deciding,
    data: Dataset,
    train: Dataset,
    settings: RobustnessSettings | None = None,
    *,
    task: str = MAIN,
    ok_classes: Sequence[str] = ("ok",),
    verdicts: Verdicts | None = None,
) -> Robustness:
    """Perturb one stream at a time and see what becomes of the answers.

    An item that is left without any stream is answered by the training frequencies. A stream that training never had,
    or that no item has, is left out.

    Args:
        deciding: Calibrated; is put into evaluation mode. Its weights do not change.
        data: Items that it did not learn from.
        train: Items that it learnt from; the streams' means and spreads are theirs.
        settings: How hard; None: the usual.
        task: A task of classes.
        ok_classes: Classes of a good part, for the area under the curve.
        verdicts: What is done about an item; None: the most likely class counts.

    Raises:
        ValueError: no such task, or no item with a known class.
    """
    chosen = settings or RobustnessSettings()
    asked = class_task(deciding, task)
    known = np.flatnonzero(~np.isnan(data.targets[task]))
    if not len(known):
        raise ValueError(f"none of {len(data)} items has a known class of {task!r}; at least one is needed")
    items = _some(known, chosen.most_items, np.random.default_rng(chosen.seed))
    judge = _Judge(data.targets[task], np.array([c in ok_classes for c in asked.classes]), verdicts or _most_likely)
    answers = Answers(deciding.eval(), task, data, items)
    rows = []
    for column, spec in enumerate(deciding.network.inputs):
        here = items[data.rows[spec.name][items] != ABSENT]
        windows = train.windows[spec.name]
        if len(here) and len(windows) and asked.stream in (None, spec.name):
            spread = spread_of(spec, windows)
            rows += list(_rows(answers, judge, column, spec, spread, here, chosen))
    clean = judge.figures(answers.clean(items), items)
    return Robustness(task=task, items=len(items), seed=chosen.seed, clean=clean, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class _Judge:
    """Holds probabilities against the truth."""

    targets: NDArray[np.float32]
    ok: NDArray[np.bool_]
    verdicts: Verdicts

    def figures(self, probabilities: NDArray[np.float64], items: NDArray[np.int64]) -> Figures:
        classes = self.targets[items].astype(np.int64)
        own = probabilities[np.arange(len(items)), classes].clip(LEAST_PROBABILITY)
        bad = ~self.ok[classes]
        known = bad.any() and not bad.all()
        return Figures(
            accuracy=float((probabilities.argmax(axis=1) == classes).mean()),
            auc=float(roc_auc_score(bad, probabilities[:, ~self.ok].sum(axis=1))) if known else None,
            log_loss=float(-np.log(own).mean()),
        )

    def changed(self, one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
        return float((self.verdicts(one) != self.verdicts(other)).mean())


def _rows(
    answers: Answers,
    judge: _Judge,
    column: int,
    spec: InputSpec,
    spread: Spread,
    items: NDArray[np.int64],
    settings: RobustnessSettings,
) -> Iterator[Row]:
    """All rows of one stream."""

    def row(name: str, level: float | None, found: NDArray[np.float64], of: NDArray[np.int64]) -> Row:
        clean = answers.clean(of)
        return Row(
            stream=spec.name,
            perturbation=name,
            level=level,
            items=len(of),
            clean=judge.figures(clean, of),
            perturbed=judge.figures(found, of),
            changed=judge.changed(clean, found),
        )

    windows = collate(answers.data, items).windows[spec.name].numpy()
    random = np.random.default_rng([settings.seed, column])
    few = _some(items, settings.most_attacked, random)
    yield row("removed", None, answers.without(spec.name, items), items)
    failing = [("constant", None, constant(windows, spread)), ("saturated", None, saturated(windows, spread))]
    if len(items) > 1:
        failing.append(("swapped", None, swapped(windows, random)))
    for name, level, changed in failing:
        yield row(name, level, answers.instead(spec.name, changed, items), items)
    for level in settings.noise:
        yield row("noisy", level, answers.instead(spec.name, noisy(windows, spread, level, random), items), items)
    for radius in settings.radii:
        changed = answers.attacked(spec.name, spread, radius, few, steps=settings.steps, seed=settings.seed)
        yield row("attacked", radius, answers.instead(spec.name, changed, few), few)


def _most_likely(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(probabilities.argmax(axis=1), np.int64)


def _some(items: NDArray[np.int64], most: int, random: np.random.Generator) -> NDArray[np.int64]:
    """At most so many, in their order."""
    return items if len(items) <= most else np.sort(random.choice(items, most, replace=False))
