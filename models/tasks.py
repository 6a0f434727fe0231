"""Stage 3, discrepancy: the input-output pairs of the cumulative loss."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

    @property
    def outputs(self) -> int:
        """Width of a head."""
        return len(self.classes) or 1

    @property
    def no_skill(self) -> float:
        """Loss of an answer that never looks at the part: prior entropy in nats, or 1 for a standardized value."""
        if not self.classes:
            return 1.0
        return max(1e-3, -sum(p * math.log(p) for p in self.frequencies if p > 0))


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


def _class_task(column: str, known: list[str], ok: tuple[str, ...], weight: float) -> Task:
    found = sorted(set(known), key=lambda c: (c not in ok, c))
    shares = tuple(known.count(c) / len(known) for c in found)
    return Task(name=column, stream=_stream_of(column), classes=tuple(found), frequencies=shares, weight=weight)


def tasks_of(
    columns: Mapping[str, list[str]], ok_classes: tuple[str, ...] = ("ok",), weights: Mapping[str, float] | None = None
) -> tuple[Task, ...]:
    """Find the tasks in the labels of the training items.

    Args:
        columns: By manifest column, the known texts of the training items.
        ok_classes: Classes of a good part; they come first among the outputs.
        weights: Importance by column; 1 where not named.

    Returns:
        A task for each column with at least two classes or a value that varies, part-level tasks first.
    """
    tasks = []
    for column in sorted(columns, key=lambda c: ("." in c, c)):
        known, weight = columns[column], (weights or {}).get(column, 1.0)
        distinct = set(known)
        if len(distinct) < 2:
            continue
        if column.startswith("severity") and _is_value(distinct):
            numbers = np.array([float(t) for t in known])
            moments = (float(numbers.mean()), float(numbers.std()))
            tasks.append(Task(name=column, stream=_stream_of(column), classes=(), frequencies=moments, weight=weight))
        else:
            tasks.append(_class_task(column, known, ok_classes, weight))
    return tuple(tasks)


def targets_of(task: Task, texts: list[str | None]) -> NDArray[np.float32]:
    """Class indices, or standardized values, shape (items,), float32; NaN where unknown, never seen, or no number."""
    if task.classes:
        index = {name: float(i) for i, name in enumerate(task.classes)}
        return np.array([index.get(t, np.nan) if t is not None else np.nan for t in texts], dtype=np.float32)
    mean, std = task.frequencies
    return np.array([(_number(t) - mean) / std for t in texts], dtype=np.float32)
