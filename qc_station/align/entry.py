"""A reading in the buffer, stamped."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

OVERHEAD_BYTES = 640
"""What a reading costs besides its samples: the objects of reading, array view and entry, as CPython 3.11 lays them out."""

EPOCH = 2**64
"""More than any index: the positions of an epoch come after all of the epoch before."""

Spans = tuple[tuple[int, int], ...]
"""First indices and those after the last, rising and apart from each other."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One reading of a track."""

    epoch: int
    """Counts sessions and clock breaks; neither indices nor device times are compared across it."""
    seq: int
    """Index of the first sample."""
    count: int
    """Samples."""
    run: int
    """Index of the sample since which none is missing, up to and including this reading."""
    origin_ns: int
    """Where the clock, when this reading came, saw sample 0; the reading's arrival for a stream without a rate."""
    from_ns: int
    """Time of the first sample; never before the end of the entry in front."""
    end_ns: int
    """Time of the last sample."""
    uncertainty_ns: int
    """How far these times may be off."""
    data: NDArray[Any]
    """Shape (count, *stream.shape); the reading's own array, not a copy."""
    flags: int = 0
    """The reading's `Quality` as an integer."""
    late: Spans = ()
    """Which samples came after a part that waited for them was closed."""

    @property
    def stop(self) -> int:
        """Index after the last sample."""
        return self.seq + self.count

    @property
    def position(self) -> int:
        """Of the first sample among all epochs of the stream."""
        return self.epoch * EPOCH + self.seq

    @property
    def bytes(self) -> int:
        """What it costs to hold."""
        return self.data.nbytes + OVERHEAD_BYTES
