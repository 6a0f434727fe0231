"""What novelty is worth: train without one class and see whether its parts look novel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.deciding import Deciding
from models.injection import ABSENT, Dataset, InputSpec, in_order
from models.novelty.fitting import fit_novelty
from models.settings import Settings
from models.tasks import Task
from models.trainer import Trainer


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A network that never saw one class, and how novel it finds it."""

    name: str
    """The class."""
    auroc: dict[str, float]
    """By output, `novelty` and `novelty:STREAM`: chance that a part of the class has the smaller p-value, ties half."""
    novel: int
    """Parts of the class that were judged."""
    known: int
    """Parts of other classes that were judged."""
    deciding: Deciding
    """The network with its novelty, in evaluation mode."""


def leave_out(
    name: str,
    inputs: Sequence[InputSpec],
    tasks: Sequence[Task],
    train: Dataset,
    val: Dataset,
    held: Dataset,
    settings: Settings,
    column: str = "label",
) -> LeftOut:
    """Train without one class of one task and measure novelty on other items.

    Args:
        name: The class.
        inputs: The streams.
        tasks: All tasks.
        train: Items of all classes; those of the class are taken out.
        val: The same for validation.
        held: Items of all classes that neither training nor validation has.
        settings: Of the training.
        column: The task that has the class.

    Raises:
        ValueError: no such class, nothing left to learn, or no items to compare.
    """
    task = {t.name: t for t in tasks}.get(column)
    if task is None or name not in task.classes:
        allowed = ", ".join(task.classes) if task else "no such task"
        raise ValueError(f"class {name!r} of {column!r} cannot be left out; allowed: {allowed}")
    place, test = task.classes.index(name), held.targets[column]
    novel, other = test == place, ~np.isnan(test) & (test != place)
    if not novel.any() or not other.any():
        raise ValueError(f"{novel.sum()} items of class {name!r} and {other.sum()} of others; both are needed")
    deciding = _without(place, column, inputs, tasks, train, val, settings)
    judged = p_values(deciding, held)
    auroc = {n: float(roc_auc_score(novel[novel | other], -p[novel | other])) for n, p in judged.items()}
    return LeftOut(name=name, auroc=auroc, novel=int(novel.sum()), known=int(other.sum()), deciding=deciding)


def _without(
    place: int,
    column: str,
    inputs: Sequence[InputSpec],
    tasks: Sequence[Task],
    train: Dataset,
    val: Dataset,
    settings: Settings,
) -> Deciding:
    """A network with novelty that was trained without one class."""
    known = {t.name: t for t in tasks}
    rest = [taken(data, np.flatnonzero(data.targets[column] != place)) for data in (train, val)]
    fewer = [n for t in tasks if (n := narrowed(t, rest[0])) is not None]
    if not fewer:
        name = known[column].classes[place]
        raise ValueError(f"without class {name!r} no label of the {len(rest[0])} training items varies")
    rest = [replace(data, targets=_renumbered(data, known, fewer)) for data in rest]
    network = Trainer(inputs, fewer, rest[0], rest[1], settings).run().network
    deciding = Deciding(network).eval()
    fit_novelty(deciding, rest[0], rest[1], settings.seed)
    return deciding


@torch.inference_mode()
def p_values(deciding: Deciding, data: Dataset) -> dict[str, NDArray[np.float32]]:
    """Novelty of items through the whole graph, by output, shape (items,)."""
    names = deciding.output_names()
    found: dict[str, list[NDArray[np.float32]]] = {n: [] for n in deciding.novelty.names} if deciding.novelty else {}
    for batch in in_order(data, 256):
        windows = []
        for spec in deciding.network.inputs:
            whole = torch.zeros(batch.size, *spec.shape)
            windows.append(whole.index_copy(0, batch.places[spec.name], batch.windows[spec.name]))
        results = dict(zip(names, deciding(*windows, batch.presence(deciding.network.streams)), strict=True))
        for name, rows in found.items():
            rows.append(results[name][:, 0].numpy())
    return {name: np.concatenate(rows) for name, rows in found.items()}


def taken(data: Dataset, items: NDArray[np.int64]) -> Dataset:
    """Some items with their windows and nothing of the others."""
    windows, rows = {}, {}
    for name, table in data.rows.items():
        here = table[items] != ABSENT
        windows[name] = data.windows[name][table[items][here]]
        rows[name] = np.full(len(items), ABSENT)
        rows[name][here] = np.arange(here.sum())
    return replace(
        data,
        windows=windows,
        rows=rows,
        targets={name: values[items] for name, values in data.targets.items()},
        names=tuple(data.names[i] for i in items) if data.names else (),
        weights={name: values[items] for name, values in data.weights.items()},
    )


def narrowed(task: Task, train: Dataset) -> Task | None:
    """A task with the classes that training items still have; None where fewer than two are left."""
    if not task.classes:
        return task
    known = train.targets[task.name][~np.isnan(train.targets[task.name])].astype(np.int64)
    counts = np.bincount(known, minlength=len(task.classes))
    left = np.flatnonzero(counts)
    if len(left) < 2:
        return None
    shares = tuple(float(c) for c in counts[left] / counts.sum())
    return replace(task, classes=tuple(task.classes[i] for i in left), frequencies=shares)


def _renumbered(data: Dataset, before: dict[str, Task], after: Sequence[Task]) -> dict[str, NDArray[np.float32]]:
    """Targets by the places that the classes have now; NaN for a class that is gone."""
    targets = {}
    for task in after:
        values = data.targets[task.name]
        if task.classes:
            index = {before[task.name].classes.index(c): float(i) for i, c in enumerate(task.classes)}
            values = np.array([index.get(int(v), np.nan) if v == v else np.nan for v in values], np.float32)
        targets[task.name] = values
    return targets
