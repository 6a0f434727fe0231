"""The frame nearest to the part."""

from dataclasses import dataclass

from qc_station.align.cut import Cut
from qc_station.align.place import Place
from qc_station.align.snapshot import Reason
from qc_station.align.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The nearest frame, with the ones just before it where several are wanted; of two equally near, the earlier."""

    tolerance_ns: int
    """Largest distance from the part to the nearest frame, inclusive."""
    length: int = 1
    """Frames; the nearest is the last of them."""

    @property
    def before_ns(self) -> int:
        """How far before the part its nearest frame may lie."""
        return self.tolerance_ns

    @property
    def after_ns(self) -> int:
        """How far after the part its nearest frame may lie."""
        return self.tolerance_ns

    def settled(self, track: Track, time_ns: int) -> bool:
        """Whether a frame at or after the part has come: later ones are only farther."""
        return track.newest_ns is not None and track.newest_ns >= time_ns

    def cut(self, track: Track, time_ns: int) -> Cut | Reason:
        """The frames; OUT_OF_TOLERANCE where none is near enough."""
        earlier, later = track.at(time_ns), track.after(time_ns)
        near = [place for place in (earlier, later) if place and abs(place.time_ns - time_ns) <= self.tolerance_ns]
        if not near:
            return Reason.OUT_OF_TOLERANCE
        last = min(near, key=lambda place: abs(place.time_ns - time_ns))
        cut = track.cut(_back(track, last, self.length - 1), self.length, skew_ns=last.time_ns - time_ns)
        return cut or Reason.OUT_OF_TOLERANCE


def _back(track: Track, place: Place, count: int) -> Place:
    """The place so many frames before one; its time is counted back where the stream has a rate."""
    span_ns = track.rate.span_ns(count) if track.rate else 0
    return Place(epoch=place.epoch, index=place.index - count, time_ns=place.time_ns - span_ns, run=place.run - count)
