"""The live shell around the pure aligner: threads put in, one thread takes out."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from qc_station.align.aligner import Aligner, AlignerStats
from qc_station.align.snapshot import Snapshot
from qc_station.align.trigger import Trigger
from qc_station.line.in_order import Event, InOrder, came_ns, moment
from qc_station.view.placement import Placement
from sensors.readings import Reading

MAX_BYTES = 256 * 2**20
"""Readings that may wait while the line is busy elsewhere; more are dropped and counted, and leave a gap in their stream."""
IDLE_S = 0.05
"""Longest wait for something to do: parts settle by time too, when a sensor is known to be silent."""


@dataclass(slots=True)
class ShellCounters:
    """What went through; taken = aligned + waiting, and every reading is either taken or dropped."""

    taken: int = 0
    """Readings that sensors put in."""
    aligned: int = 0
    """Readings that were handed on to the aligner, or to the belt's encoder."""
    dropped: int = 0
    """Readings for which there was no room; the books of their streams hold their samples, as `inbox`."""
    late: dict[str, int] = field(default_factory=dict)
    """Samples by stream that a part had waited for in vain when they came."""
    triggers: int = 0
    """Triggers that were put in."""
    refused: int = 0
    """Triggers of which no snapshot follows: the part is not on disk, see `not_accepted`, or too many parts wait."""
    not_accepted: dict[str, int] = field(default_factory=dict)
    """Triggers that could not be noted on disk, by reason: came before, disk full, store failed."""
    not_kept: dict[str, int] = field(default_factory=dict)
    """Parts whose windows should have been kept and were not, by reason: disk low, store failed, refused."""


class LiveShell:
    """Readings and triggers from any thread; snapshots in the one thread that calls `snapshots`."""

    def __init__(
        self,
        aligner: Aligner,
        placement: Placement,
        *,
        accept: Callable[[Trigger], bool] = lambda _: True,
        turn_away: Callable[[Trigger], None] = lambda _: None,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Start empty.

        Args:
            aligner: Used by the calling thread of `snapshots` alone.
            placement: Whose rules the aligner has.
            accept: Is asked about every trigger before the aligner gets it, in the thread of `snapshots`.
            turn_away: Is told about every trigger that was accepted and for which the aligner has no room.
            max_bytes: Of readings that wait.
            clock: CLOCK_MONOTONIC in ns.
        """
        self._aligner, self._placement = aligner, placement
        self._accept, self._turn_away = accept, turn_away
        self._max_bytes, self._clock = max_bytes, clock
        self._line = InOrder(aligner, placement, self._trigger)
        self._waiting: list[Event] = []
        self._taken: deque[Event] = deque()
        self._bytes = 0
        self._lost: Counter[str] = Counter()
        """Samples by stream for which there was no room, and which the books do not hold yet."""
        self._something = threading.Condition()
        self.counters = ShellCounters()

    def hear(self, reading: Reading) -> None:
        """Take a reading, in the thread of its sensor."""
        with self._something:
            size = reading.data.nbytes
            if self._bytes + size > self._max_bytes:
                self.counters.dropped += 1
                self._lost[reading.stream] += reading.count
                return
            self._bytes += size
            self.counters.taken += 1
            self._waiting.append(reading)
            self._something.notify()

    def trigger(self, trigger: Trigger) -> None:
        """Take a trigger, in the thread of its source."""
        with self._something:
            self.counters.triggers += 1
            self._waiting.append(trigger)
            self._something.notify()

    def snapshots(self, idle_s: float = IDLE_S) -> list[Snapshot]:
        """Wait until something came or a part is due, and align it.

        Args:
            idle_s: Longest wait.

        Returns:
            The parts that are settled or due, the oldest first; often none.
        """
        self._take(idle_s)
        # Only what has come by now: nothing may carry the line into the future.
        now_ns = self._clock()
        while self._taken:
            event = self._taken.popleft()
            self.counters.aligned += isinstance(event, Reading)
            self._line.take(event, min(came_ns(event), now_ns))
            self._note_late()
        self._line.advance(self._clock())
        self._note_late()
        return self._line.fetch()

    def shutdown(self) -> list[Snapshot]:
        """Align what still waits and emit every open part as it stands."""
        last = self.snapshots(idle_s=0.0)
        self._line.shutdown(self._clock())
        self._note_late()
        return last + self._line.fetch()

    def stats(self) -> AlignerStats:
        """The books of the aligner, in the thread of `snapshots`; they hold all that came but what still waits."""
        self._book_lost()
        return self._aligner.stats()

    @property
    def belt(self) -> dict[str, int]:
        """What the belt's encoder has counted; empty where there is none."""
        return dict(self._placement.encoder.counters) if self._placement.encoder else {}

    def _trigger(self, trigger: Trigger) -> None:
        accepted = self._accept(trigger)
        if accepted and self._aligner.trigger(trigger.part, trigger.time_ns):
            return
        self.counters.refused += 1
        if accepted:
            self._turn_away(trigger)

    def _book_lost(self) -> None:
        """Enter into the books what found no room."""
        with self._something:
            lost, self._lost = self._lost, Counter()
        for stream, samples in lost.items():
            if not self._placement.lost(stream, samples):
                self._aligner.lost(stream, samples, "inbox")

    def _note_late(self) -> None:
        for note in self._aligner.late():
            self.counters.late[note.stream] = self.counters.late.get(note.stream, 0) + note.count

    def _take(self, idle_s: float) -> None:
        """Everything that waits, in the order in which it came: threads may hand over a little out of turn."""
        with self._something:
            if not self._waiting and not self._taken:
                self._something.wait(self._patience_s(idle_s))
            self._taken.extend(sorted(self._waiting, key=moment))
            self._waiting.clear()
            self._bytes = 0
        self._book_lost()

    def _patience_s(self, idle_s: float) -> float:
        """No longer than until the next part has to go."""
        now_ns = self._clock()
        wake_ns = self._aligner.wake_ns(now_ns + round(idle_s * 1e9))
        return idle_s if wake_ns is None else max(0.0, (wake_ns - now_ns) / 1e9)
