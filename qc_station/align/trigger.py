"""A part in front of the sensors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Part `part` is in front of the sensors at `time_ns`."""

    part: str
    """Name of the part."""
    time_ns: int
    """CLOCK_MONOTONIC."""
