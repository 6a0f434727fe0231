"""Readings and triggers handed to an aligner one by one: the live line and a replay are this one function."""

from collections.abc import Callable

from qc_station.align.aligner import Aligner
from qc_station.align.snapshot import Snapshot
from qc_station.align.trigger import Trigger
from qc_station.view.placement import Placement
from sensors.readings import Reading

Event = Reading | Trigger


def came_ns(event: Event) -> int:
    """When a reading arrived or a trigger was."""
    return event.arrival_ns if isinstance(event, Reading) else event.time_ns


def moment(event: Event) -> tuple[int, bool]:
    """Where an event stands among others: a trigger before what arrived with it."""
    return came_ns(event), isinstance(event, Reading)


class InOrder:
    """Lets each part go when it has to, whatever is handed over later or at once.

    A live line that was busy finds in one batch what came after a part was due; a replay sees one event after the other.
    So that both cut the same parts, the aligner is brought to every moment at which something happens by itself before
    it is given what came later, and is asked for parts after every event. An error at one event loses no part that was
    let go before it: what is ready stays until it is fetched.
    """

    def __init__(
        self, aligner: Aligner, placement: Placement | None = None, trigger: Callable[[Trigger], object] | None = None
    ) -> None:
        """Nothing was handed over yet.

        Args:
            aligner: Is given everything but the encoder's counts.
            placement: Whose rules the aligner has; None: snapshots are what the sensors delivered, untouched.
            trigger: Takes a trigger in the aligner's stead; None: the aligner does.
        """
        self._aligner, self._placement = aligner, placement
        self._trigger = trigger or (lambda one: aligner.trigger(one.part, one.time_ns))
        self.ready: list[Snapshot] = []
        """Parts that were let go and not fetched yet, the oldest first."""

    def take(self, event: Event, now_ns: int) -> None:
        """Hand over what came at a time, at or after all before it, and let go what had to before and what it settles."""
        self._until(now_ns)
        if isinstance(event, Trigger):
            self._trigger(event)
        elif self._placement is None or not self._placement.takes(event):
            self._aligner.push(event)
        self._let_go(self._aligner.advance(now_ns))

    def advance(self, now_ns: int) -> None:
        """Nothing has come until now."""
        self._until(now_ns)
        self._let_go(self._aligner.advance(now_ns))

    def shutdown(self, now_ns: int) -> None:
        """Let every open part go as it stands."""
        self._let_go(self._aligner.shutdown(now_ns))

    def fetch(self) -> list[Snapshot]:
        """Take what is ready, once."""
        ready, self.ready = self.ready, []
        return ready

    def _until(self, now_ns: int) -> None:
        # What came at the very moment when a part is due still belongs to it.
        while (wake_ns := self._aligner.wake_ns(now_ns)) is not None:
            self._let_go(self._aligner.advance(wake_ns))

    def _let_go(self, snapshots: list[Snapshot]) -> None:
        # At once: what the encoder knew when the part was cut is what is noted.
        self.ready += map(self._placement.seen, snapshots) if self._placement else snapshots
