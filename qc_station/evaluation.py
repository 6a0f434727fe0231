"""Figures of a bundle on labelled items, by onnxruntime alone."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.bundle import NOVELTY, BundleTask, Manifest
from deploy.runtime import Runtime, Scores
from qc_station.figures.rates import rate
from qc_station.figures.scoring import Figures, classification, regression
from qc_station.items import Item
from qc_station.novelty import NOVELTY_P, is_novel
from qc_station.verdict import Decision, Policy, Verdict, judge

BATCH = 64
TIMED_PARTS = 300
"""Latency is measured on at most so many parts, one at a time."""
MOST_SUBSETS = 64
MAIN = "label"
COUNTED = ("right", "known", "accuracy_lower", "accuracy_upper")
"""Beside an accuracy: the parts that are right, those whose class is known, and its exact 95 % bounds."""


def evaluate(runtime: Runtime, items: Sequence[Item], policy: Policy | None = None) -> dict[str, Any]:
    """Measure a bundle.

    Args:
        runtime: The loaded bundle.
        items: Labelled items, e.g. a test split.
        policy: By what its verdicts are made; None: by its costs alone.

    Returns:
        bundle, items, tasks (figures by manifest column, the accuracy with its exact bounds), subsets (figures of the main task by the streams that took
        part), verdicts (escape, overkill and review with their exact bounds), novelty (where the bundle tells), latency_ms (raw
        windows to scores, one part at a time).
    """
    presence = np.array([[s in item.windows for s in runtime.streams] for item in items], dtype=np.bool_)
    outputs = run_all(runtime, items, presence)
    tasks = runtime.manifest.tasks
    results: dict[str, Any] = {"bundle": str(runtime.bundle.folder), "items": len(items)}
    results["tasks"] = {name: _figures(runtime, name, items, outputs, presence) for name in tasks}
    results["subsets"] = _subsets(runtime, items, presence) if MAIN in tasks else {}
    if MAIN in tasks:
        results["verdicts"] = verdict_figures(runtime, items, outputs, presence, policy)
    if NOVELTY in outputs:
        results["novelty"] = novelty_figures(runtime, items, outputs[NOVELTY][:, 0])
    results["latency_ms"] = latency(runtime, items)
    return results


def run_all(runtime: Runtime, items: Sequence[Item], presence: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
    """Outputs of the graph for every item under a presence mask, by name, shape (items, ...)."""
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in runtime.manifest.outputs}
    for start in range(0, len(items), BATCH):
        part = items[start : start + BATCH]
        windows = {s: _stacked(part, s, runtime.manifest.streams[s].shape) for s in runtime.streams}
        for name, rows in runtime.batch(windows, presence[start : start + BATCH]).items():
            found[name].append(rows)
    return {name: np.concatenate(rows) for name, rows in found.items()}


def _stacked(items: Sequence[Item], stream: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    rows = np.zeros((len(items), *shape), np.float32)
    for row, item in zip(rows, items, strict=True):
        if stream in item.windows:
            row[...] = item.windows[stream]
    return rows


def _figures(
    runtime: Runtime,
    column: str,
    items: Sequence[Item],
    outputs: Mapping[str, NDArray[np.float32]],
    presence: NDArray[np.bool_],
) -> Figures:
    """Figures over the items whose label is known and that have a stream to answer from."""
    task: BundleTask = runtime.manifest.tasks[column]
    there = presence.any(axis=1) if task.stream is None else presence[:, runtime.streams.index(task.stream)]
    texts = [item.labels.get(column) for item in items]
    if not task.classes:
        known = np.array([t is not None for t in texts]) & there
        values = np.array([float(t) for t, k in zip(texts, known, strict=True) if k and t is not None], np.float32)
        return regression(outputs[column][known, 0], values)
    known = np.array([t in task.classes for t in texts]) & there
    targets = np.array(
        [task.classes.index(t) for t, k in zip(texts, known, strict=True) if k and t is not None], np.int64
    )
    ok = np.array([c in runtime.manifest.ok_classes for c in task.classes])
    return classification(outputs[column][known], targets, ok) | _bounds(outputs[column][known], targets)


def _bounds(answers: NDArray[np.float32], targets: NDArray[np.int64]) -> Figures:
    """What the accuracy was counted from, and its exact bounds; None of nothing."""
    if not len(targets):
        return dict.fromkeys(COUNTED)
    found = rate(int((answers.argmax(axis=1) == targets).sum()), len(targets))
    return dict(zip(COUNTED, (found.count, found.total, found.lower, found.upper), strict=True))


def _subsets(runtime: Runtime, items: Sequence[Item], presence: NDArray[np.bool_]) -> dict[str, Figures]:
    """Figures of the main task when only some streams take part, over the items that have all of these."""
    found = {}
    masks = [np.array(m) for m in product((True, False), repeat=len(runtime.streams)) if any(m)]
    for mask in masks[:MOST_SUBSETS]:
        there = (presence & mask).sum(axis=1) == mask.sum()
        chosen = [item for item, t in zip(items, there, strict=True) if t]
        if chosen:
            here = np.tile(mask, (len(chosen), 1))
            name = "+".join(s for s, m in zip(runtime.streams, mask, strict=True) if m)
            found[name] = _figures(runtime, MAIN, chosen, run_all(runtime, chosen, here), here)
    return found


def kept_scores(runtime: Runtime, scores: Scores) -> dict[str, object]:
    """What is stored with a decision: the main task's probabilities by class, and the p-values of novelty by output.

    The graph's p-value of a stream that is absent is no observation of it and is left out.
    """
    main = {MAIN: runtime.named(MAIN, scores)} if MAIN in runtime.manifest.tasks else {}
    joint = {} if scores.novelty is None else {NOVELTY: scores.novelty}
    return {**main, **joint, **{f"{NOVELTY}:{stream}": p for stream, p in scores.novelties.items()}}


def verdict_of(
    manifest: Manifest,
    outputs: Mapping[str, NDArray[np.float32]],
    present: tuple[str, ...],
    policy: Policy | None = None,
) -> Verdict:
    """The verdict about one part from its outputs, by a policy; None: by the costs of the bundle alone."""
    if MAIN not in manifest.tasks:
        reason = f"the bundle answers {', '.join(manifest.tasks)} but no {MAIN} of the whole part"
        return Verdict(decision=Decision.REVIEW, reason=reason, bad=float("nan"))
    return judge(
        outputs,
        classes=manifest.tasks[MAIN].classes,
        ok_classes=manifest.ok_classes,
        streams={n: s.required for n, s in manifest.streams.items()},
        present=present,
        policy=policy or Policy.of(manifest.costs),
        novelty_p=manifest.threshold(NOVELTY_P),
    )


def verdict_figures(
    runtime: Runtime,
    items: Sequence[Item],
    outputs: Mapping[str, NDArray[np.float32]],
    presence: NDArray[np.bool_],
    policy: Policy | None = None,
) -> dict[str, Any]:
    """Decisions against truth: counts, rates with their exact 95 % bounds, what was proved before."""
    judged = []
    for number, item in enumerate(items):
        label = item.labels.get(MAIN)
        if label is None:
            continue
        present = tuple(s for s, p in zip(runtime.streams, presence[number], strict=True) if p)
        verdict = verdict_of(runtime.manifest, {n: rows[number] for n, rows in outputs.items()}, present, policy)
        judged.append((label in runtime.manifest.ok_classes, verdict.decision))
    counts = counted(judged)
    promise = policy.point.promise if policy and policy.point else None
    return {"counts": counts} | rates(counts) | {"promise": promise}


def novelty_figures(runtime: Runtime, items: Sequence[Item], values: NDArray[np.float32]) -> dict[str, Any]:
    """The threshold, and by class of the main task how many parts are novel under it and their median p-value."""
    threshold = runtime.manifest.threshold(NOVELTY_P)
    labels = np.array([item.labels.get(MAIN, "") for item in items])
    by_class = {
        str(name): {
            "parts": int((labels == name).sum()),
            "novel": int(is_novel(values[labels == name], threshold).sum()),
            "median_p": float(np.median(values[labels == name])),
        }
        for name in np.unique(labels[labels != ""])
    }
    return {"threshold": threshold, "novel": int(is_novel(values, threshold).sum()), "by_class": by_class}


def counted(judged: Iterable[tuple[bool, Decision]]) -> dict[str, dict[str, int]]:
    """Decisions against truth, from whether each part is good and what was decided: by "ok" and "not_ok", then decision."""
    table = {truth: dict.fromkeys((d.value for d in Decision), 0) for truth in ("ok", "not_ok")}
    for good, decision in judged:
        table["ok" if good else "not_ok"][decision.value] += 1
    return table


def rates(counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Escape (bad parts that pass), overkill (good parts that are rejected) and review (of all) with exact bounds."""
    bad, good = (sum(counts[truth].values()) for truth in ("not_ok", "ok"))
    looked_at = counts["not_ok"][Decision.REVIEW] + counts["ok"][Decision.REVIEW]
    return {
        "escape": asdict(rate(counts["not_ok"][Decision.PASS], bad)),
        "overkill": asdict(rate(counts["ok"][Decision.REJECT], good)),
        "review": asdict(rate(looked_at, bad + good)),
    }


def latency(runtime: Runtime, items: Sequence[Item]) -> dict[str, float | None]:
    """Milliseconds from raw windows to scores, one part at a time."""
    spent = []
    for item in items[:TIMED_PARTS]:
        started = time.perf_counter_ns()
        runtime.scores(item.windows)
        spent.append((time.perf_counter_ns() - started) / 1e6)
    return percentiles(spent)


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """Median and 99th percentile; None of nothing."""
    if not values:
        return {"p50": None, "p99": None}
    return {"p50": float(np.percentile(values, 50)), "p99": float(np.percentile(values, 99))}
