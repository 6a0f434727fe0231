"""Delivered samples of one epoch, each with its time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.align.entry import Entry
from qc_station.align.rate import SECOND_NS, Rate
from sensors.readings import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Samples from one neighbour of a time span to the other; those that were lost are simply not there."""

    times_ns: NDArray[np.int64]
    """Of each sample, after the beginning of the span; never falling."""
    data: NDArray[Any]
    """Shape (samples, *stream.shape)."""
    epoch: int
    """Epoch of the samples."""
    first: int
    """Index of the first sample."""
    stop: int
    """Index after the last one."""
    uncertainty_ns: int
    """How far the times may be off."""
    quality: Quality
    """What is known to be wrong with the readings."""


def sample_times(entry: Entry, rate: Rate | None, base_ns: int) -> NDArray[np.int64]:
    """When each sample of an entry was taken, after a base near it; shape (count,), int64."""
    if rate is None:
        return np.full(entry.count, entry.end_ns - base_ns, np.int64)
    step = rate.seconds * SECOND_NS
    # Counted from the entry's own first sample: the product with the index itself leaves 64 bits after some days.
    rest = entry.seq * step % rate.samples
    spans = (np.arange(entry.count, dtype=np.int64) * step + rest) // rate.samples
    times = spans + (entry.origin_ns + rate.span_ns(entry.seq) - base_ns)
    return np.asarray(np.maximum(times, entry.from_ns - base_ns))
