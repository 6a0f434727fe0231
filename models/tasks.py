"""Stage 3, discrepancy: the input-output pairs of the cumulative loss."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.losses import loss_class, loss_for
from models.losses.base import Loss

MOST_INTEGER_CLASSES = 10
"""A numeric column with at most so many distinct integers is a set of classes, otherwise a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked, of which streams, and how much it matters."""

    name: str
    """Manifest column: label, severity, label.STREAM or severity.STREAM."""
    stream: str | None
    """The one stream that answers; None: the whole part, asked of every stream alone and of all together."""
    classes: tuple[str, ...]
    """Class names in the order of the outputs; empty for a value."""
    frequencies: tuple[float, ...]
    """Share of each class in training; for a value its mean and standard deviation."""
    weight: float = 1.0
    """Importance relative to the other tasks."""
    loss: str = ""
    """File name in models/losses; "": cross_entropy for classes, huber for a value."""

    def __post_init__(self) -> None:
        """Refuse a loss that there is not, or that cannot answer the task, before anything is trained."""
        try:
            _ = self.criterion
        except ValueError as error:
            raise ValueError(f"task {self.name!r}: {error}") from error

    @property
    def criterion(self) -> Loss:
        """The loss, built for these classes or this value."""
        return loss_for(self.loss, len(self.classes), self.frequencies)

    @property
    def outputs(self) -> int:
        """Width of a head."""
        return self.criterion.outputs

    @property
    def no_skill(self) -> float:
        """Loss of an answer that never looks at the part; for the default the prior entropy in nats, 1 for a value."""
        return self.criterion.no_skill

    @property
    def rank(self) -> tuple[bool, str]:
        """Place among the tasks wherever an order could change a bit: by name, the whole part's first."""
        return ("." in self.name, self.name)


def _stream_of(column: str) -> str | None:
    return column.split(".", 1)[1] if "." in column else None


def _is_value(texts: set[str]) -> bool:
    numbers = [_number(t) for t in texts]
    if any(math.isnan(n) for n in numbers):
        return False
    return len(texts) > MOST_INTEGER_CLASSES or any(n != int(n) for n in numbers)


def _number(text: str | None) -> float:
    """A finite number; NaN for everything else."""
    try:
        number = float(text or "nan")
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _order(known: list[str], ok: tuple[str, ...]) -> list[str]:
    return sorted(set(known), key=lambda c: (c not in ok, c))


def _grades(column: str, known: list[str]) -> list[str]:
    """Grades from the lowest to the highest."""
    words = sorted(t for t in set(known) if math.isnan(_number(t)))
    if words:
        raise ValueError(f"task {column!r}: loss 'ordinal' needs grades that are numbers, got {words[0]!r}")
    return sorted(set(known), key=lambda c: (float(c), c))


def _class_task(column: str, known: list[str], ok: tuple[str, ...], weight: float, loss: str) -> Task:
    found = _grades(column, known) if loss == "ordinal" else _order(known, ok)
    shares = tuple(known.count(c) / len(known) for c in found)
    return Task(
        name=column, stream=_stream_of(column), classes=tuple(found), frequencies=shares, weight=weight, loss=loss
    )


def _value_task(column: str, known: list[str], weight: float, loss: str) -> Task:
    numbers = np.array([_number(t) for t in known])
    if not column.startswith("severity"):
        raise ValueError(f"task {column!r}: loss {loss!r} takes values; only a severity column holds values")
    if np.isnan(numbers).any():
        word = known[int(np.isnan(numbers).argmax())]
        raise ValueError(f"task {column!r}: loss {loss!r} takes numbers, got {word!r}")
    moments = (float(numbers.mean()), float(numbers.std()))
    return Task(name=column, stream=_stream_of(column), classes=(), frequencies=moments, weight=weight, loss=loss)


def tasks_of(
    columns: Mapping[str, list[str]],
    ok_classes: tuple[str, ...] = ("ok",),
    weights: Mapping[str, float] | None = None,
    losses: Mapping[str, str] | None = None,
) -> tuple[Task, ...]:
    """Find the tasks in the labels of the training items.

    Args:
        columns: By manifest column, the known texts of the training items.
        ok_classes: Classes of a good part; they come first among the outputs.
        weights: Importance by column; 1 where not named.
        losses: Loss by column, a file name in models/losses; the default where not named. The loss decides whether
            numbers are taken as classes or as a value. A column that is not there, or does not vary, is passed over.

    Returns:
        A task for each column with at least two classes or a value that varies, part-level tasks first.

    Raises:
        ValueError: no such loss, or one that cannot answer its column.
    """
    chosen = losses or {}
    of_values = {column: loss_class(name).of_values for column, name in chosen.items() if name}
    tasks = []
    for column in sorted(columns, key=lambda c: ("." in c, c)):
        known, weight, loss = columns[column], (weights or {}).get(column, 1.0), chosen.get(column, "")
        value = of_values.get(column, column.startswith("severity") and _is_value(set(known)))
        # "1" and "1.0" are two texts and one number.
        if len({_number(t) for t in known} if value else set(known)) < 2:
            continue
        if value:
            tasks.append(_value_task(column, known, weight, loss))
        else:
            tasks.append(_class_task(column, known, ok_classes, weight, loss))
    return tuple(tasks)


def targets_of(task: Task, texts: list[str | None]) -> NDArray[np.float32]:
    """Class indices, or standardized values, shape (items,), float32; NaN where unknown, never seen, or no number."""
    if task.classes:
        index = {name: float(i) for i, name in enumerate(task.classes)}
        return np.array([index.get(t, np.nan) if t is not None else np.nan for t in texts], dtype=np.float32)
    mean, std = task.frequencies
    return np.array([(_number(t) - mean) / std for t in texts], dtype=np.float32)
