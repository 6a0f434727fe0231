"""A reading in the buffer: stamped, and with its use written on it."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

OVERHEAD_BYTES = 640
"""What a reading costs besides its samples: the objects of reading, array view and entry, as CPython 3.11 lays them out."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One reading of a track; mutable, because windows mark what they used of it."""

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
    late: int = 0
    """How many of the first samples came after a part that waited for them was closed."""
    used: list[tuple[int, int]] = field(default_factory=list)
    """Index ranges [first, stop) that served a part; rising, apart from each other."""

    @property
    def stop(self) -> int:
        """Index after the last sample."""
        return self.seq + self.count

    @property
    def bytes(self) -> int:
        """What it costs to hold."""
        return self.data.nbytes + OVERHEAD_BYTES

    def use(self, first: int, stop: int) -> bool:
        """Mark the samples from `first` to before `stop`; True where one of them had served before."""
        shared = any(low < stop and first < high for low, high in self.used)
        merged: list[tuple[int, int]] = []
        for low, high in sorted([*self.used, (first, stop)]):
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        self.used = merged
        return shared

    def used_before(self, stop: int) -> int:
        """Used samples with an index below `stop`."""
        return sum(max(0, min(high, stop) - low) for low, high in self.used)
