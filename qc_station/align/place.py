"""A sample of a track."""

from typing import NamedTuple


class Place(NamedTuple):
    """A sample, or where one would be; a tuple, since several are made for every window."""

    epoch: int
    """Its epoch."""
    index: int
    """Its index in the epoch; before the first or after the last one held where none was delivered."""
    time_ns: int
    """When it was taken."""
    run: int
    """Samples without a gap that end with it."""
