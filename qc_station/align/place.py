"""A sample of a track."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A sample, or where one would be."""

    epoch: int
    """Its epoch."""
    index: int
    """Its index in the epoch; before the first or after the last one held where none was delivered."""
    time_ns: int
    """When it was taken."""
    run: int
    """Samples without a gap that end with it."""
