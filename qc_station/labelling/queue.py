"""The items of a store that wait for people: parts in review, and what is most worth a label."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from deploy.bundle import NOVELTY
from qc_station.evaluation import MAIN
from qc_station.labelling.next_items import next_items
from qc_station.store import Decision, Store
from qc_station.store.items import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An item that a person should look at."""

    item: str
    """Its name, for `qc-station label`."""
    group: str
    """Items of one group share a time or a lot."""
    reason: str
    """Why it waits, for people."""
    scores: dict[str, float]
    """Calibrated probability by class; empty where nobody scored it."""
    files: dict[str, str]
    """By stream, the file that a person can open, relative to the station's folder."""
    decided_ns: int | None
    """Wall clock of its decision; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The parts with the verdict REVIEW that nobody has labelled."""

    waiting: tuple[Waiting, ...]
    """Oldest first."""
    without_windows: tuple[str, ...]
    """Names of those of which no window was stored: they can be looked at on the belt alone."""


def review_queue(store: Store) -> Review:
    """The parts that the line could not decide about, until somebody labels them."""
    entries = {entry.name: entry for entry in store.entries()}
    open_ones = [d for d in store.decisions() if d.verdict == "REVIEW"]
    kept = [d for d in open_ones if d.part in entries]
    return Review(
        waiting=tuple(_waiting(entries[d.part], d.reason, d.scores, d) for d in kept if not _labelled(entries[d.part])),
        without_windows=tuple(d.part for d in open_ones if d.part not in entries),
    )


def next_to_label(
    store: Store, count: int, scored: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[Waiting, ...]:
    """What to label next among all unlabelled items outside the test split, see `next_items`.

    Args:
        store: Of the station.
        count: How many are wanted.
        scored: Fresh scores by item, see `qc_station.labelling.scoring`; where an item has none, those of its live
            decision count.

    Returns:
        The most urgent first.
    """
    decisions = {decision.part: decision for decision in store.decisions()}
    entries = [e for e in store.entries() if e.windows and e.split != "test" and not _labelled(e)]
    live = [decisions.get(entry.name) for entry in entries]
    scores = [(scored or {}).get(e.name, d.scores if d else {}) for e, d in zip(entries, live, strict=True)]
    rated = [_rated(one) for one in scores]
    classes = sorted({name for probabilities in rated for name in probabilities})
    picks = next_items(
        np.array([[one.get(name, 0.0) if one else np.nan for name in classes] for one in rated]),
        classes,
        count=count,
        groups=[entry.group for entry in entries],
        recordings=[recording_of(entry.name) for entry in entries],
        novelty=np.array([float(one.get(NOVELTY, np.nan)) for one in scores]),
    )
    return tuple(_waiting(entries[p.row], p.reason, scores[p.row], live[p.row]) for p in picks)


def recording_of(item: str) -> str:
    """Windows of one long recording are NAME#0, NAME#1, ..."""
    name, _, number = item.rpartition("#")
    return name if name and number.isdigit() else item


def _labelled(entry: Entry) -> bool:
    """Whether somebody said what the part is; a stream's own label alone says not."""
    return MAIN in entry.labels


def _rated(scores: Mapping[str, Any]) -> dict[str, float]:
    """Probability by class; nothing where nobody scored the part."""
    return {str(name): float(value) for name, value in scores.get(MAIN, {}).items()}


def _waiting(entry: Entry, reason: str, scores: Mapping[str, Any], decision: Decision | None) -> Waiting:
    return Waiting(
        item=entry.name,
        group=entry.group,
        reason=reason,
        scores=_rated(scores),
        files={stream: window.file for stream, window in entry.windows.items()},
        decided_ns=None if decision is None else decision.decided_ns,
    )
