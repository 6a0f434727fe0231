"""The last complete window before the part."""

from dataclasses import dataclass

from qc_station.align.cut import Cut
from qc_station.align.place import Place
from qc_station.align.snapshot import Reason
from qc_station.align.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """The newest `length` steps without a gap that end at or before the part."""

    length: int
    """Steps."""
    max_age_ns: int
    """Largest distance from the last step to the part, inclusive."""
    period_ns: int
    """Time between two steps; 0 for a sensor that reports when it likes."""

    @property
    def before_ns(self) -> int:
        """How far before the part its first step may lie."""
        return self.max_age_ns + self.length * self.period_ns

    @property
    def after_ns(self) -> int:
        """It looks at nothing after the part."""
        return 0

    def settled(self, track: Track, time_ns: int) -> bool:
        """Whether the step has come after which the next is due only after the part."""
        return track.newest_ns is not None and track.newest_ns >= time_ns - max(0, self.period_ns - 1)

    def cut(self, track: Track, time_ns: int) -> Cut | Reason:
        """The steps; STALE where the last complete window is too old, GAP where there is none."""
        last = self._last(track, time_ns)
        while last is not None and last.run < self.length and time_ns - last.time_ns <= self.max_age_ns:
            last = track.before_run(last)
        if last is None:
            return Reason.GAP
        if time_ns - last.time_ns > self.max_age_ns:
            return Reason.STALE
        back_ns = track.rate.span_ns(self.length - 1) if track.rate else 0
        first = Place(epoch=last.epoch, index=last.index - self.length + 1, time_ns=last.time_ns - back_ns, run=1)
        return track.cut(first, self.length, skew_ns=last.time_ns - time_ns) or Reason.GAP

    def _last(self, track: Track, time_ns: int) -> Place | None:
        """The first step within a period before the part, else the last before it.

        Taking the first of two that jitter pushed into one period keeps the answer what it was when it was settled.
        """
        first = track.after(time_ns - self.period_ns) if self.period_ns else None
        return first if first and first.time_ns <= time_ns else track.at(time_ns)
