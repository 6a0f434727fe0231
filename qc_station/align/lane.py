"""One stream's way to the parts: its track, its rule, and the reason where a window is not whole."""

from qc_station.align.cut import Cut
from qc_station.align.rate import SECOND_NS
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Reason, Window
from qc_station.align.track import Track
from sensors.readings import Quality

STALE_NS = SECOND_NS
"""A stream is stale after this long without a reading, or after 3 periods where they are longer."""
DEAD_NS = 10 * SECOND_NS
"""A stream is dead after this long without a reading, or after 10 periods where they are longer.

One without a rate is not while its policy still takes what it said last.
"""
UNHEALTHY = Quality.OVERFLOW | Quality.SATURATED | Quality.REPEATED
"""Flags with which a window is no evidence."""


class Lane:
    """Cuts one stream for part after part."""

    def __init__(self, rule: StreamRule, track: Track) -> None:
        """Cut a track by a rule; several lanes may cut the same track."""
        self.rule, self.track = rule, track
        period_ns = track.rate.span_ns(1) if track.rate else None
        self._stale_ns = max(STALE_NS, 3 * period_ns) if period_ns is not None else None
        self._start_ns = max(DEAD_NS, 10 * (period_ns or 0))
        self._dead_ns = max(DEAD_NS, rule.policy.before_ns) if period_ns is None else self._start_ns

    @property
    def reach_ns(self) -> int:
        """How long after a trigger its window may end."""
        return self.rule.offset_ns + self.rule.policy.after_ns

    @property
    def back_ns(self) -> int:
        """How long before a trigger its window may begin."""
        return self.rule.policy.before_ns - self.rule.offset_ns

    def settled(self, time_ns: int) -> bool:
        """Whether nothing to come can change the window of a part at a time."""
        return self.rule.policy.settled(self.track, time_ns + self.rule.offset_ns)

    def dead(self, now_ns: int) -> bool:
        """Whether it has been silent for so long that no part waits for it."""
        # Asked at every advance while a part waits: without a call for what has been heard.
        arrived_ns = self.track.arrived_ns
        if arrived_ns is not None:
            return now_ns - arrived_ns >= self._dead_ns
        dead_ns = self.dead_ns()
        return dead_ns is not None and now_ns >= dead_ns

    def dead_ns(self) -> int | None:
        """When it is dead if nothing more comes, one that never started counted from when it was first waited for."""
        if self.track.arrived_ns is not None:
            return self.track.arrived_ns + self._dead_ns
        return None if self.track.since_ns is None else self.track.since_ns + self._start_ns

    def window(self, time_ns: int, now_ns: int, ended: Reason | None) -> tuple[Window | None, Reason]:
        """Cut a part, mark what it uses, and close it.

        Args:
            time_ns: Of the part.
            now_ns: The present.
            ended: Why the part cannot wait as long as it should; None where it was settled or is due.

        Returns:
            The window, if there is one, and the reason; `Reason.OK` for a whole and healthy one.
        """
        unsettled = None
        if not self.settled(time_ns):
            self.track.close(time_ns - self.back_ns, time_ns + self.reach_ns)
            unsettled = self._silence(now_ns) or ended
        # What a dead sensor said last is no evidence, however old a window may be.
        cut = unsettled if unsettled is Reason.DEAD else self.rule.policy.cut(self.track, time_ns + self.rule.offset_ns)
        if isinstance(cut, Reason):
            return None, unsettled or cut
        return _window(self.rule, cut, self.track.use(cut)), self._whole(cut, unsettled)

    def _whole(self, cut: Cut, unsettled: Reason | None) -> Reason:
        """OK for a healthy cut without gaps, else what made them."""
        if cut.missing:
            return unsettled or (Reason.CLOCK_BREAK if self.track.ended(cut.epoch, cut.stop) else Reason.GAP)
        return _health(cut.quality) if cut.quality else Reason.OK

    def _silence(self, now_ns: int) -> Reason | None:
        """What the time since the last reading makes of the stream; None where it is alive."""
        if self.track.arrived_ns is None:
            return Reason.NEVER_STARTED
        if self.dead(now_ns):
            return Reason.DEAD
        # A sensor that reports when it likes may be silent for a while; how old its data may be, its policy says.
        stale = self._stale_ns is not None and now_ns - self.track.arrived_ns >= self._stale_ns
        return Reason.STALE if stale else None


def _health(quality: Quality) -> Reason:
    """What flags make of a window in which no sample is known to be missing."""
    if quality & Quality.GAP_BEFORE:
        # Lost and not counted: what stands side by side was not taken so.
        return Reason.GAP
    if quality & UNHEALTHY:
        return Reason.UNHEALTHY
    return Reason.WARMING if quality & Quality.WARMING else Reason.OK


def _window(rule: StreamRule, cut: Cut, shared: bool) -> Window:
    """A cut as parts carry it: frames stay in front, samples go behind their channels."""
    return Window(
        data=cut.data if rule.stream.kind == "image" else cut.data.T,
        start_ns=cut.start_ns,
        missing=cut.missing,
        skew_ns=cut.skew_ns,
        uncertainty_ns=cut.uncertainty_ns,
        shared=shared,
        quality=cut.quality,
    )
