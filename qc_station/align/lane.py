"""One stream on its way to the parts: its track, its rule, and the reason where a window is not whole."""

from qc_station.align.cut import Cut
from qc_station.align.rate import SECOND_NS
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Reason, Window
from qc_station.align.track import Track
from sensors.readings import Reading

STALE_NS = SECOND_NS
"""A stream is stale after this long without a reading, or after 3 periods where they are longer."""
DEAD_NS = 10 * SECOND_NS
"""A stream is dead after this long without a reading, or after 10 periods where they are longer."""


class Lane:
    """Cuts one stream for part after part."""

    def __init__(self, rule: StreamRule, *, max_bytes: int, history_ns: int) -> None:
        self.rule = rule
        self.track = Track(rule.stream, max_bytes=max_bytes)
        self._period_ns = self.track.rate.span_ns(1) if self.track.rate else None
        self._history_ns = history_ns + rule.policy.before_ns - rule.offset_ns

    @property
    def reach_ns(self) -> int:
        """How long after a trigger its window may end."""
        return self.rule.offset_ns + self.rule.policy.after_ns

    def push(self, reading: Reading, parts_from_ns: int | None) -> None:
        """Take a reading, and let go of what no part from a time on can need; None: parts may come from any time."""
        self.track.push(reading)
        if parts_from_ns is not None:
            self.track.trim(parts_from_ns - self._history_ns)

    def waits(self, time_ns: int, now_ns: int) -> bool:
        """Whether a part at a time should wait for this stream: not for a dead one."""
        return not self.settled(time_ns) and self._silence(now_ns) is not Reason.DEAD

    def settled(self, time_ns: int) -> bool:
        """Whether nothing to come can change the window of a part at a time."""
        return self.rule.policy.settled(self.track, time_ns + self.rule.offset_ns)

    def window(self, time_ns: int, now_ns: int, ended: Reason | None) -> tuple[Window | None, Reason]:
        """Cut a part, mark what it uses, and close it.

        Args:
            time_ns: Of the part.
            now_ns: The present.
            ended: Why the part cannot wait as long as it should; None where it was settled or is due.

        Returns:
            The window, if there is one, and the reason; `Reason.OK` for a whole one.
        """
        unsettled = None
        if not self.settled(time_ns):
            self.track.close(time_ns + self.reach_ns)
            unsettled = self._silence(now_ns) or ended
        # What a dead sensor said last is no evidence, however old a window may be.
        cut = unsettled if unsettled is Reason.DEAD else self.rule.policy.cut(self.track, time_ns + self.rule.offset_ns)
        if isinstance(cut, Reason):
            return None, unsettled or cut
        return _window(self.rule, cut, self.track.use(cut)), self._whole(cut, unsettled)

    def _whole(self, cut: Cut, unsettled: Reason | None) -> Reason:
        """OK for a cut without gaps, else what made them."""
        if not cut.missing:
            return Reason.OK
        return unsettled or (Reason.CLOCK_BREAK if cut.session != self.track.session else Reason.GAP)

    def _silence(self, now_ns: int) -> Reason | None:
        """What the time since the last reading makes of the stream; None where it is alive."""
        if self.track.arrived_ns is None:
            return Reason.NEVER_STARTED
        if self._period_ns is None:
            # A sensor that reports when it likes may be silent; how old its data may be, its policy says.
            return None
        silent_ns = now_ns - self.track.arrived_ns
        if silent_ns >= max(DEAD_NS, 10 * self._period_ns):
            return Reason.DEAD
        return Reason.STALE if silent_ns >= max(STALE_NS, 3 * self._period_ns) else None


def _window(rule: StreamRule, cut: Cut, shared: bool) -> Window:
    """A cut as parts carry it: frames stay in front, samples go behind their channels."""
    return Window(
        data=cut.data if rule.stream.kind == "image" else cut.data.T,
        start_ns=cut.start_ns,
        missing=cut.missing,
        skew_ns=cut.skew_ns,
        uncertainty_ns=cut.uncertainty_ns,
        shared=shared,
    )
