"""What a driver hands over: samples with their time."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]
"""Samples along the first axis: (samples, *Stream.shape), in the sensor's own dtype."""


class Quality(IntFlag):
    """What is known to be wrong with a reading; 0 is healthy."""

    OK = 0
    GAP_BEFORE = 1
    """Samples are missing between the previous reading and this one."""
    OVERFLOW = 2
    """The device or its driver dropped samples."""
    SATURATED = 4
    """At least one sample is at the end of the range."""
    REPEATED = 8
    """The same frame again: a frozen camera or a shutter event."""
    WARMING = 16
    """The sensor has not reached its working point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Samples of one stream that arrived together."""

    stream: str
    """Name of the stream."""
    session: int
    """Counts the times the device was opened; device time is never compared across sessions."""
    seq: int
    """Index of the first sample since the session began; a jump means lost samples."""
    arrival_ns: int
    """CLOCK_MONOTONIC when the last sample was in our hands."""
    device_ns: int | None
    """The device's own time of the last sample, if it has a clock."""
    data: Samples
    """Shape (samples, *stream.shape)."""
    quality: Quality = Quality.OK
    """Flags of the whole reading."""

    @property
    def count(self) -> int:
        """Samples in this reading."""
        return int(self.data.shape[0])

    @property
    def finite(self) -> bool:
        """Whether no sample is NaN or infinite."""
        return self.data.dtype.kind != "f" or bool(np.isfinite(self.data).all())
