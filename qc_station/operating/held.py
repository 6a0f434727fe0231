"""Labelled parts that a bundle was not made with, as the rule of the line sees them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from deploy.runtime import Runtime
from qc_station.errors import ConfigError
from qc_station.evaluation import BATCH, MAIN, run_all, verdict_of
from qc_station.items import Item
from qc_station.store.digests import content_digest, data_digest
from qc_station.verdict import Decision, OperatingPoint, Policy

EVERYTHING_PASSES = Policy(point=OperatingPoint(passes=1.0, rejects=2.0, promise=""))
NOTHING_PASSES = Policy(point=OperatingPoint(passes=-1.0, rejects=0.0, promise=""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Held-out parts with their scores."""

    bad: NDArray[np.float64]
    """Calibrated probability of a bad part, shape (parts,)."""
    good: NDArray[np.bool_]
    """Whether people say that it is good, shape (parts,)."""
    may_pass: NDArray[np.bool_]
    """Whether only its probability can keep it from passing, shape (parts,); what is novel never passes."""
    may_reject: NDArray[np.bool_]
    """Whether its probability can reject it, shape (parts,); what is novel goes to REVIEW."""
    group: NDArray[np.int64]
    """Number of its group, shape (parts,)."""
    probabilities: NDArray[np.float64]
    """Of the classes of label, shape (parts, classes)."""
    truth: NDArray[np.int64]
    """Place of its class among them, shape (parts,); -1 for a class that the bundle does not know."""
    data_digest: str = ""
    """Of these parts, as a store counts it."""
    left_out: int = 0
    """Parts without a label or without a stream that is required: they say nothing of how probabilities decide."""


def held_out(runtime: Runtime, items: Iterable[Item]) -> Held:
    """Score held-out parts; their windows are let go of batch by batch.

    Args:
        runtime: The loaded bundle.
        items: Of a split that the bundle was not made with.

    Raises:
        ConfigError: the bundle has no class of the whole part that means a good one, or no part can be used.
    """
    manifest = runtime.manifest
    classes = manifest.tasks[MAIN].classes if MAIN in manifest.tasks else ()
    if not set(classes) & set(manifest.ok_classes):
        raise ConfigError(
            f"bundle {runtime.bundle.name} tells no good part by {MAIN!r}; an operating point needs a class of "
            f"{', '.join(manifest.ok_classes)} among {', '.join(classes) or 'none'}"
        )
    rows, names, left_out = list[_Row](), list[tuple[str, str]](), 0
    for batch in _batches(items):
        used = [item for item in batch if _tells(runtime, item)]
        left_out += len(batch) - len(used)
        names += [(item.name, content_digest(item)) for item in used]
        rows += _scored(runtime, used) if used else []
    if not rows:
        raise ConfigError(
            f"none of {left_out} parts has a {MAIN} and every stream that bundle {runtime.bundle.name} requires"
        )
    bad, may_pass, may_reject, probabilities, labels, groups = zip(*rows, strict=True)
    return Held(
        bad=np.array(bad),
        good=np.array([label in manifest.ok_classes for label in labels]),
        may_pass=np.array(may_pass),
        may_reject=np.array(may_reject),
        group=np.unique(np.array(groups), return_inverse=True)[1].astype(np.int64),
        probabilities=np.array(probabilities, np.float64),
        truth=np.array([classes.index(label) if label in classes else -1 for label in labels]),
        data_digest=data_digest(names),
        left_out=left_out,
    )


_Row = tuple[float, bool, bool, NDArray[np.float32], str, str]
"""Probability of a bad part, may pass, may be rejected, probabilities, label, group."""


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _tells(runtime: Runtime, item: Item) -> bool:
    required = [name for name, stream in runtime.manifest.streams.items() if stream.required]
    here = [stream for stream in runtime.streams if stream in item.windows]
    return MAIN in item.labels and bool(here) and all(stream in here for stream in required)


def _scored(runtime: Runtime, items: Sequence[Item]) -> list[_Row]:
    """By the same `judge` that decides on the line, asked what it would let pass and what it would reject."""
    presence = np.array([[s in item.windows for s in runtime.streams] for item in items], dtype=np.bool_)
    outputs = run_all(runtime, items, presence)
    rows = list[_Row]()
    for number, item in enumerate(items):
        own = {name: values[number] for name, values in outputs.items()}
        present = tuple(s for s in runtime.streams if s in item.windows)
        passing = verdict_of(runtime.manifest, own, present, EVERYTHING_PASSES)
        rejecting = verdict_of(runtime.manifest, own, present, NOTHING_PASSES)
        allowed = passing.decision is Decision.PASS, rejecting.decision is Decision.REJECT
        rows.append((passing.bad, *allowed, own[MAIN], item.labels[MAIN], item.group))
    return rows
