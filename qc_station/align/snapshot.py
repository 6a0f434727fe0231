"""What the aligner emits: the windows of one part, and a reason for each that is missing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from numpy.typing import NDArray

from qc_station.view.applied import Applied
from sensors.readings import Quality


class Reason(StrEnum):
    """Why a stream has a window, or none, for a part."""

    OK = "ok"
    """A window, whole and healthy."""
    STALE = "stale"
    """No reading for a while, or none that is young enough."""
    DEAD = "dead"
    """No reading for so long that parts no longer wait."""
    GAP = "gap"
    """Samples are missing."""
    OUT_OF_TOLERANCE = "out_of_tolerance"
    """No frame is near enough."""
    UNHEALTHY = "unhealthy"
    """A whole window, of which a reading overflowed, saturated or repeated a frame."""
    WARMING = "warming"
    """A whole window of a sensor that has not reached its working point."""
    NEVER_STARTED = "never_started"
    """No reading at all."""
    CLOCK_BREAK = "clock_break"
    """Samples are missing because the session or the clock of the device ended within the window or before it."""
    BELT = "belt"
    """The belt's encoder does not say when the part stood at the sensor."""
    OVERLOAD = "overload"
    """Too many parts waited; this one could not until its samples came."""
    SHUTDOWN = "shutdown"
    """The aligner ended before its samples came."""


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
    quality: Quality = Quality.OK
    """Flags of the readings that it was taken from."""
    applied: Applied | None = None
    """What was done to place and moment on the way here; None before `Placement.seen`."""


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
    """Every stream; `Reason.OK` exactly for those in `windows` that are whole and healthy."""
