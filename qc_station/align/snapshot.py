"""What the aligner emits: the windows of one part, and a reason for each that is missing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from numpy.typing import NDArray


class Reason(StrEnum):
    """Why a stream has a window, or none, for a part."""

    OK = "ok"
    STALE = "stale"
    DEAD = "dead"
    GAP = "gap"
    OUT_OF_TOLERANCE = "out_of_tolerance"
    UNHEALTHY = "unhealthy"
    WARMING = "warming"
    NEVER_STARTED = "never_started"
    CLOCK_BREAK = "clock_break"
    OVERLOAD = "overload"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One stream cut for one part."""

    data: NDArray[Any]
    """Shape (channels, samples), (frames, height, width) or (channels, steps), in the sensor's own dtype."""
    start_ns: int
    """CLOCK_MONOTONIC of the first sample."""
    missing: int
    """Samples that were not delivered and are zero in `data`."""
    skew_ns: int
    """Signed distance between the part's time and the sample taken for it; 0 for an interval."""
    uncertainty_ns: int
    """How far `start_ns` may be off."""
    shared: bool
    """Whether some of its samples have served an earlier part too, so that a split must keep both together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The windows of one part by stream name."""

    part: str
    """Name of the part."""
    time_ns: int
    """CLOCK_MONOTONIC of the trigger."""
    windows: dict[str, Window]
    """Only the streams that have one."""
    reasons: dict[str, Reason]
    """Every stream; `Reason.OK` exactly for those in `windows` that are whole."""
