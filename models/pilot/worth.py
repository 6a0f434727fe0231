"""What weight a task should start with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.pilot.probe import Probe
from models.tasks import Task

LEAST, MOST = 0.1, 3.0
"""Proposed weights stay within these."""
SUREST = 0.02
"""Overfitting is not taken for less: G / O^2 has no bound at 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a task teaches, and the weight that is proposed for it."""

    column: str
    """Manifest column of the task."""
    streams: tuple[str, ...]
    """Which network it was taken from."""
    gain: float
    """G: how far its validation loss came down from no skill."""
    overfit: float
    """O: how much higher it is than on training items."""
    weight: float
    """Proposed."""


def worths(probes: Sequence[Probe], tasks: Sequence[Task]) -> tuple[Worth, ...]:
    """Weight ~ G / O^2 (Gradient-Blending, Wang et al. 2020, arXiv:1905.12681), the first task's being 1.

    A task that carries over to validation items gains weight, one that is learnt by heart loses it. G counts from no
    skill, which is 1 for every loss; O is never taken for less than its own error.
    """
    raw: list[Worth] = []
    for task in sorted(tasks, key=lambda t: t.rank):
        output = task.name if task.stream else f"{task.name}:joint"
        # The widest network that was asked; of a task of one stream, the network of that stream alone.
        able = [p for p in probes if output in p.val and (task.stream is None or p.streams == (task.stream,))]
        if able:
            raw.append(_raw(task.name, output, max(able, key=lambda p: len(p.streams))))
    if not raw:
        return ()
    # The verdict is made of the first task: it is the measure, even where nothing was learnt of it yet.
    first, *others = raw
    scale = first.weight or max((w.weight for w in others), default=0.0) or 1.0
    return (replace(first, weight=1.0), *(replace(w, weight=_bounded(w.weight / scale)) for w in others))


def _raw(column: str, output: str, probe: Probe) -> Worth:
    """G / O^2 as it is."""
    gain, overfit = 1.0 - probe.val[output], probe.val[output] - probe.train[output]
    known = max(SUREST, min(1.0, probe.errors[output]))
    weight = max(0.0, gain - probe.errors[output]) / (max(0.0, overfit) + known) ** 2
    return Worth(column=column, streams=probe.streams, gain=gain, overfit=overfit, weight=weight)


def _bounded(weight: float) -> float:
    """Within the bounds, in two digits: more would be noise."""
    return float(f"{min(MOST, max(LEAST, weight)):.2g}")
