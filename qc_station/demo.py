"""The main job on the simulated line: record a shift, train, inspect a second shift live."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.runtime import Runtime
from qc_station.align.snapshot import Snapshot
from qc_station.champion.promotion import Promotion, promote
from qc_station.config.station import StationConfig
from qc_station.evaluation import MAIN, counted, kept_scores, percentiles, rates, verdict_of
from qc_station.line.shift import grouped, split_by_time
from qc_station.store import Store
from qc_station.verdict import Decision, Policy, Verdict
from sensors.simulated.parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One part of the second shift."""

    part: str
    """Its name."""
    truth: str
    """What it really is."""
    verdict: Verdict
    """What the station decided."""
    alone: dict[str, Decision]
    """What each stream alone would have decided."""
    scored_ms: float
    """From the closed windows to the scores."""
    stored_ms: float
    """From the closed windows to the verdict on disk."""


def record_shift(store: Store, config: StationConfig, passed: Iterable[tuple[Snapshot, Part]]) -> dict[str, int]:
    """Record a simulated shift with known truth, split by time; returns the number of items by split."""
    labelled = ((snapshot, part.labels) for snapshot, part in passed)
    items = split_by_time(grouped(labelled, shift="shift1", streams=config.streams))
    store.add_items(items, config.streams)
    return {split: sum(item.split == split for item in items) for split in ("train", "val", "test")}


def first_champion(folder: Path, config: StationConfig, bundle: Path) -> Promotion:
    """Let the demo's network decide at its station, as a person would, so that `retrain` can learn on from it.

    Args:
        folder: Of the demo's station.
        config: Of it.
        bundle: The only one there.

    Returns:
        The promotion; a gate that fails stands in it as overruled, since there is nothing better here.
    """
    return promote(folder, config, bundle, who="qc-station demo", why="trained by the demo", despite="it is a demo")


def inspect_shift(runtime: Runtime, store: Store, passed: Iterable[tuple[Snapshot, Part]]) -> Iterator[Inspection]:
    """Inspect a simulated shift as its windows close; every verdict is stored before the next part.

    Args:
        runtime: The loaded bundle.
        store: Receives the decisions.
        passed: What passes the line, later than what was recorded.
    """
    for snapshot, part in passed:
        yield inspect_part(runtime, store, snapshot, part.labels[MAIN])


def inspect_part(runtime: Runtime, store: Store, snapshot: Snapshot, truth: str) -> Inspection:
    """Score, decide, store."""
    started = time.perf_counter_ns()
    scores = runtime.scores({name: window.data for name, window in snapshot.windows.items()})
    scored = time.perf_counter_ns()
    verdict = verdict_of(runtime.manifest, scores.outputs, scores.streams)
    store.record_decision(
        part=snapshot.part,
        verdict=verdict.decision.value,
        reason=verdict.reason,
        scores=kept_scores(runtime, scores),
        bundle=runtime.manifest.digest,
        latency_ms={"scores": (scored - started) / 1e6},
    )
    stored = time.perf_counter_ns()
    return Inspection(
        part=snapshot.part,
        truth=truth,
        verdict=verdict,
        alone=alone(runtime, scores.outputs, scores.streams),
        scored_ms=(scored - started) / 1e6,
        stored_ms=(stored - started) / 1e6,
    )


def alone(runtime: Runtime, outputs: Mapping[str, NDArray[np.float32]], present: Sequence[str]) -> dict[str, Decision]:
    """What each stream that is there would decide by itself, with the same costs."""
    policy = Policy.of(runtime.manifest.costs)
    bad = np.array([c not in runtime.manifest.ok_classes for c in runtime.manifest.tasks[MAIN].classes])
    return {stream: policy.decide(float(outputs[f"{MAIN}:{stream}"][bad].sum())) for stream in present}


def counts(
    inspections: Sequence[Inspection], ok: Sequence[str], stream: str | None = None
) -> dict[str, dict[str, int]]:
    """Decisions against truth, of the station or of one stream alone; a stream that was absent sends to review."""
    return counted(
        (one.truth in ok, one.verdict.decision if stream is None else one.alone.get(stream, Decision.REVIEW))
        for one in inspections
    )


def summary(inspections: Sequence[Inspection], runtime: Runtime) -> dict[str, Any]:
    """Figures of a shift: verdicts against truth with exact bounds, each sensor alone, latency."""
    ok = runtime.manifest.ok_classes
    table = counts(inspections, ok)
    each = {stream: counts(inspections, ok, stream) for stream in runtime.streams}
    classes = sorted({one.truth for one in inspections}, key=lambda c: (c not in ok, c))
    by_class = {c: [one for one in inspections if one.truth == c] for c in classes}
    return {
        "simulated": True,
        "parts": len(inspections),
        "verdicts": table,
        **rates(table),
        "by_class": {
            c: {d.value: sum(one.verdict.decision is d for one in found) for d in Decision}
            for c, found in by_class.items()
        },
        "alone": {stream: {"verdicts": found, **rates(found)} for stream, found in each.items()},
        "latency_ms": {
            "scores": percentiles([one.scored_ms for one in inspections]),
            "stored": percentiles([one.stored_ms for one in inspections]),
        },
    }


def fresh(folder: Path) -> Path:
    """A station folder that nothing stands in yet: the folder itself, or the first free FOLDER-2, FOLDER-3, ..."""
    number, candidate = 1, folder
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate
