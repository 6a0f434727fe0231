"""Short trainings of each stream alone, of each two, and of all."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from models.injection import ABSENT, Dataset, InputSpec
from models.pilot.probe import Probe, probed
from models.pilot.subsets import having_all, having_any
from models.pilot.together import Together, togethers
from models.pilot.worth import Worth, worths
from models.settings import Settings
from models.tasks import Task
from models.trainer import Trainer

EPOCHS = 8
"""Passes of each short training."""
BOUNDLESS_S = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """What the short trainings say."""

    probes: tuple[Probe, ...]
    """Each stream alone, each two, and all of more than two."""
    pairs: tuple[Together, ...]
    """Which streams help one another."""
    worths: tuple[Worth, ...]
    """By task."""
    skipped: dict[tuple[str, ...], str]
    """Streams that could not be tried, with the reason."""

    @property
    def weights(self) -> dict[str, float]:
        """Proposed weight of each task by manifest column."""
        return {worth.column: worth.weight for worth in self.worths}

    def words(self) -> list[str]:
        """Sentences for people."""
        unseen = [f"{' and '.join(streams)}: {reason}" for streams, reason in self.skipped.items()]
        hopeless = [
            f"{w.column}: learnt by no network of this pilot: give it better labels or more of them"
            for w in self.worths
            if w.gain <= 0
        ]
        return [pair.words() for pair in self.pairs] + hopeless + unseen


def pilot(
    inputs: Sequence[InputSpec],
    tasks: Sequence[Task],
    train: Dataset,
    val: Dataset,
    settings: Settings,
    *,
    epochs: int = EPOCHS,
    report: Callable[[Probe], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
) -> Pilot:
    """Train on every stream, every two and all, shortly: the dual-modality pilot of the method.

    Args:
        inputs: The streams.
        tasks: What is asked of them.
        train: Training items.
        val: Validation items.
        settings: Of the training to come. Its budget is that of all short ones together: the widest network goes first
            and is cut where it would take more than its share, and the others get as many epochs, so that they compare.
        epochs: Passes of each, fewer where the budget asks for it.
        report: Called after each.
        clock: Seconds, for the budget.
    """
    names = [s.name for s in inputs]
    skipped, probes = dict[tuple[str, ...], str](), list[Probe]()
    share = settings.budget_s / _trainings_worth(len(names))
    for streams in reversed(subsets(names)):
        own = [t for t in tasks if t.stream is None or t.stream in streams]
        learnt, held = having_any(train, streams), having_any(val, streams)
        fault = _fault(streams, own, train, learnt, held)
        if fault:
            skipped[streams] = fault
            continue
        paths = {n: s for n, s in settings.paths.items() if n in (*streams, "shared")}
        chosen = replace(settings, epochs=epochs, budget_s=share, weighting="fixed", paths=paths, energy_wh=None)
        if probes:
            chosen = replace(chosen, epochs=probes[0].epochs, budget_s=BOUNDLESS_S)
        specs = [s for s in inputs if s.name in streams]
        probes.append(probed(Trainer(specs, own, learnt, held, chosen, clock)))
        report(probes[-1])
    found = tuple(reversed(probes))
    return Pilot(probes=found, pairs=tuple(togethers(found, val)), worths=worths(found, tasks), skipped=skipped)


def subsets(streams: Sequence[str]) -> list[tuple[str, ...]]:
    """Each stream, each two, and all of more than two: from the narrowest to the widest."""
    whole = [tuple(streams)] if len(streams) > 2 else []
    return [(s,) for s in streams] + list(combinations(streams, 2)) + whole


def _trainings_worth(streams: int) -> int:
    """How much longer all trainings take than the widest, if a network costs what its streams cost.

    Each stream is once alone, streams - 1 times in a pair, and once among all of more than two.
    """
    return streams + (streams > 2)


def _fault(streams: tuple[str, ...], tasks: Sequence[Task], train: Dataset, learnt: Dataset, held: Dataset) -> str:
    """Why nothing can be learnt from these streams; empty where something can."""
    if not tasks:
        return "no task asks anything of it"
    if len(streams) > 1 and not any(t.stream is None for t in tasks):
        return "no task asks anything of both"
    if not all((train.rows[s] != ABSENT).any() for s in streams):
        return "no training part has it" if len(streams) == 1 else "one of them is in no training part"
    if len(streams) == 2 and not len(having_all(train, streams)):
        return "no training part has both"
    names = [t.name for t in tasks]
    if any(all(np.isnan(data.targets[n]).all() for n in names) for data in (learnt, held)):
        return "no labelled training part or no labelled validation part has it"
    return ""
