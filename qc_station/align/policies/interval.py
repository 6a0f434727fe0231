"""A stretch around the part, by count: always exactly so many samples."""

from dataclasses import dataclass

from qc_station.align.cut import Cut
from qc_station.align.rate import Rate
from qc_station.align.snapshot import Reason
from qc_station.align.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """`length` samples, the first the one nearest to `before_ns` before the part; for streams with a rate."""

    rate: Rate
    """Of the stream."""
    before_ns: int
    """How long before the part it starts; negative for after it."""
    length: int
    """Samples."""

    @property
    def after_ns(self) -> int:
        """How far after the part it ends, up to the nanosecond before the sample that follows."""
        return self.rate.span_ns(self.length) - self.before_ns - 1

    def settled(self, track: Track, time_ns: int) -> bool:
        """Whether the last sample, or one after it, has come."""
        first = track.counted(time_ns - self.before_ns)
        return first is not None and track.complete(first.epoch, first.index + self.length)

    def cut(self, track: Track, time_ns: int) -> Cut | Reason:
        """The stretch, gaps zero-filled and counted; a reason where not one sample of it is held."""
        begin_ns = time_ns - self.before_ns
        first = track.counted(begin_ns)
        cut = track.cut(first, self.length) if first else None
        if cut is None and first and first.epoch != track.epoch and track.at(begin_ns):
            # It lies between the end of one epoch and the beginning of the next.
            return Reason.CLOCK_BREAK
        return cut or Reason.GAP
