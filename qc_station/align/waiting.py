"""A part that waits for its samples."""

from qc_station.align.plan import Plan
from qc_station.align.snapshot import Reason, Snapshot
from qc_station.align.trigger import Trigger


class Waiting:
    """A trigger, the plan by which it is cut, and the streams that it still waits for."""

    def __init__(self, trigger: Trigger, plan: Plan) -> None:
        """Wait for every required stream of the plan."""
        self.trigger, self.plan = trigger, plan
        self.due_ns = trigger.time_ns + plan.deadline_ns
        """When it is emitted at the latest."""
        self._unsettled = list(plan.required)
        self._alive_ns = 0

    @property
    def time_ns(self) -> int:
        """Of the part."""
        return self.trigger.time_ns

    def settled(self, now_ns: int) -> bool:
        """Whether every required stream is settled for it, or dead."""
        # A settled stream stays settled, so that each is asked with a yes only once; a dead one may come back.
        while self._unsettled and self._unsettled[-1].settled(self.time_ns):
            self._unsettled.pop()
        if self._unsettled and not self._unsettled[-1].dead(now_ns):
            return False
        return all(lane.settled(self.time_ns) or lane.dead(now_ns) for lane in self._unsettled)

    def free_ns(self, before_ns: int) -> int | None:
        """When the last stream that it waits for is dead, if nothing more comes; None where not before a time."""
        # Readings only put a death off: while nobody can be dead, nobody has to be asked again.
        if before_ns <= self._alive_ns:
            return None
        deaths = [lane.dead_ns() for lane in self._unsettled]
        known = [dead_ns for dead_ns in deaths if dead_ns is not None]
        self._alive_ns = min(known) if known and len(known) == len(deaths) else 0
        latest_ns = None
        for lane, dead_ns in zip(reversed(self._unsettled), reversed(deaths), strict=True):
            if lane.settled(self.time_ns):
                continue
            if dead_ns is None or dead_ns >= before_ns:
                return None
            latest_ns = max(dead_ns, latest_ns or dead_ns)
        return latest_ns

    def snapshot(self, now_ns: int, ended: Reason | None) -> Snapshot:
        """Cut every stream.

        Args:
            now_ns: The present.
            ended: Why it cannot wait as long as it should; None where it is settled or due.
        """
        windows, reasons = {}, {}
        for name, lane in self.plan.lanes.items():
            window, reasons[name] = lane.window(self.time_ns, now_ns, ended)
            if window is not None:
                windows[name] = window
        return Snapshot(part=self.trigger.part, time_ns=self.time_ns, windows=windows, reasons=reasons)
