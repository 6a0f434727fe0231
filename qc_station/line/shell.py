"""The live shell around the pure aligner: threads put in, one thread takes out."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from qc_station.align.aligner import Aligner, AlignerStats
from qc_station.align.snapshot import Snapshot
from qc_station.align.trigger import Trigger
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
    """Readings for which there was no room."""
    triggers: int = 0
    """Triggers that were put in."""
    refused: int = 0
    """Triggers of which no snapshot follows: the part came before, or too many parts wait."""


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
        self._waiting: deque[Reading | Trigger] = deque()
        self._bytes = 0
        self._something = threading.Condition()
        self.counters = ShellCounters()

    def hear(self, reading: Reading) -> None:
        """Take a reading, in the thread of its sensor."""
        with self._something:
            size = reading.data.nbytes
            if self._bytes + size > self._max_bytes:
                self.counters.dropped += 1
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
        for event in self._take(idle_s):
            if isinstance(event, Trigger):
                self._trigger(event)
            else:
                self.counters.aligned += 1
                if not self._placement.takes(event):
                    self._aligner.push(event)
        return [self._placement.seen(one) for one in self._aligner.advance(self._clock())]

    def shutdown(self) -> list[Snapshot]:
        """Align what still waits and emit every open part as it stands."""
        last = self.snapshots(idle_s=0.0)
        return last + [self._placement.seen(one) for one in self._aligner.shutdown(self._clock())]

    def stats(self) -> AlignerStats:
        """The books of the aligner, in the thread of `snapshots`."""
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

    def _take(self, idle_s: float) -> list[Reading | Trigger]:
        """Everything that waits."""
        with self._something:
            if not self._waiting:
                self._something.wait(self._patience_s(idle_s))
            taken = list(self._waiting)
            self._waiting.clear()
            self._bytes = 0
        return taken

    def _patience_s(self, idle_s: float) -> float:
        """No longer than until the next part is due."""
        due_ns = self._aligner.due_ns()
        return idle_s if due_ns is None else min(idle_s, max(0.0, (due_ns - self._clock()) / 1e9))
