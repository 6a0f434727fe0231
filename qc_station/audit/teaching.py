"""What each stream, each pair and all together can teach, by the classical floor on validation items."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from models.floor import Floor
from models.injection import ABSENT, Dataset
from models.tasks import Task
from qc_station.audit.finding import Finding, Severity
from qc_station.audit.material import Material
from qc_station.audit.sightings import MAIN
from qc_station.errors import ConfigError
from qc_station.figures.paired import FEWEST_GROUPS, auc_interval
from qc_station.figures.scoring import classification
from qc_station.learning.datasets import as_dataset, find_tasks, input_spec, split_items

RESAMPLES: Final = 500
LITTLE: Final = 0.65
"""AUC under which a stream alone teaches next to nothing, where the upper end of the interval is below it."""
FEWEST_BAD: Final = 10
"""Good and bad validation items each, without which nothing is said about a stream that seems to teach nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What the floor makes of some streams."""

    column: str
    """The label."""
    streams: tuple[str, ...]
    """Streams that took part; every item has them all."""
    items: int
    """Validation items."""
    accuracy: float
    """Share of right classes."""
    auc: float | None
    """Of bad against good; None where validation has no such pair."""
    lower: float | None
    """Lower end of its 95 % interval over groups; None where there are too few groups or items for one."""
    upper: float | None
    """Upper end."""
    log_loss: float
    """In nats."""


def lessons(material: Material) -> list[Lesson]:
    """Fit the floor on training items and measure it on validation items; test items are never looked at.

    Returns:
        For `label` every stream, every pair and all streams; for a stream's own label that stream. Empty where there is
        too little to learn from.
    """
    streams, config = material.config.inspecting, material.config
    try:
        splits = split_items(material.items)
        tasks = [task for task in find_tasks(config, splits.train) if task.classes]
    except ConfigError:
        return []
    train, val = (as_dataset(part, streams, tasks) for part in (splits.train, splits.val))
    groups, found = [item.group for item in splits.val], []
    for task in tasks:
        names = list(streams) if task.stream is None else [task.stream]
        floor = Floor([input_spec(name, streams[name]) for name in names], task, train)
        floor.calibrate(val)
        opinions = floor.opinions(val)
        for chosen in _sets(list(floor.rules)):
            answers = floor.predict_proba(val, chosen, opinions)
            if (lesson := _measured(task, chosen, answers, val, groups, config.ok_classes)) is not None:
                found.append(lesson)
    return found


def lesson_findings(found: Sequence[Lesson]) -> Iterator[Finding]:
    """A note for each single stream from which the floor surely learns next to nothing.

    A stream with a label of its own is judged by that one: it cannot know the defects that other streams show.
    """
    own = {one.streams[0] for one in found if one.column != MAIN}
    for one in found:
        judged = len(one.streams) == 1 and (one.column != MAIN or one.streams[0] not in own)
        if judged and one.upper is not None and one.upper < LITTLE:
            yield Finding(
                severity=Severity.NOTE,
                kind="teaching",
                what=(
                    f"{one.streams[0]} alone teaches the floor next to nothing about {one.column}: AUC {one.auc:.2f} "
                    f"({one.lower:.2f} to {one.upper:.2f}) on {one.items} validation items"
                ),
                advice="check that the window holds the part (offset_ms, window_s), or record more defects that it can show",
            )


def _sets(streams: list[str]) -> list[tuple[str, ...]]:
    """Every stream, every pair, and all."""
    sets: list[tuple[str, ...]] = [(name,) for name in streams]
    sets += combinations(streams, 2)
    return sets if len(streams) <= 2 else [*sets, tuple(streams)]


def _measured(
    task: Task,
    streams: tuple[str, ...],
    answers: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    val: Dataset,
    groups: Sequence[str],
    ok_classes: Sequence[str],
) -> Lesson | None:
    """Figures over the labelled items that have every one of the streams."""
    here = np.flatnonzero(
        ~np.isnan(val.targets[task.name]) & np.all([val.rows[name] != ABSENT for name in streams], axis=0)
    )
    if not len(here):
        return None
    targets = val.targets[task.name][here].astype(np.int64)
    ok = np.array([c in ok_classes for c in task.classes])
    figures = classification(answers[here].astype(np.float32), targets, ok)
    interval = None
    if ok.any() and min((ok[targets]).sum(), (~ok[targets]).sum()) >= FEWEST_BAD:
        bad = answers[here][:, ~ok].sum(axis=1)
        owners = [groups[int(n)] for n in here]
        if len(set(owners)) >= FEWEST_GROUPS:
            interval = auc_interval(bad, ~ok[targets], owners, resamples=RESAMPLES)
    return Lesson(
        column=task.name,
        streams=streams,
        items=len(here),
        accuracy=figures["accuracy"] or 0.0,
        auc=figures["auc"],
        lower=None if interval is None else 0.5 + interval.lower,
        upper=None if interval is None else 0.5 + interval.upper,
        log_loss=figures["log_loss"] or 0.0,
    )
