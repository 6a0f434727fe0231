"""The last complete window before the part."""

from dataclasses import dataclass

from qc_station.align.cut import Cut
from qc_station.align.place import Place
from qc_station.align.snapshot import Reason
from qc_station.align.track import Track

EARLY = 4
"""A step comes early by no more than this part of a period."""
MOST_EARLY_NS = 50_000_000
"""Nor by more than this, which a busy host may have kept the one before."""


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
        """Whether a step at or after the part has come, or one so near before it that the next is due only after it.

        A step may come early by a quarter of a period, at most 50 ms, as on a serial line of a busy host. So a part
        that stands no more than that before a step waits for this step; no other part waits for anything. A step that
        is earlier still may be missed by a part that was settled, and is taken by one that was not.
        """
        newest_ns = track.newest_ns
        # Only near the part it matters how early a step may come.
        if newest_ns is None or newest_ns <= time_ns - self.period_ns:
            return newest_ns is not None and newest_ns >= time_ns
        early_ns = min(self.period_ns // EARLY, MOST_EARLY_NS)
        return newest_ns >= time_ns - self.period_ns + early_ns

    def cut(self, track: Track, time_ns: int) -> Cut | Reason:
        """The steps up to the last one at or before the part.

        STALE where the last complete window is too old, GAP where there is none, CLOCK_BREAK where there is none since
        the newest steps are the first of a session.
        """
        newest = last = track.at(time_ns)
        while last is not None and last.run < self.length and time_ns - last.time_ns <= self.max_age_ns:
            last = track.before_run(last)
        if last is None or time_ns - last.time_ns > self.max_age_ns:
            young = newest is not None and time_ns - newest.time_ns <= self.max_age_ns
            if newest is not None and young and track.cut_off(newest):
                return Reason.CLOCK_BREAK
            return Reason.STALE if last is not None else Reason.GAP
        back_ns = track.rate.span_ns(self.length - 1) if track.rate else 0
        first = Place(epoch=last.epoch, index=last.index - self.length + 1, time_ns=last.time_ns - back_ns, run=1)
        return track.cut(first, self.length, skew_ns=last.time_ns - time_ns) or Reason.GAP
