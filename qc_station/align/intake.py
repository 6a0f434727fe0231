"""The readings of one stream, put in order before they are held."""

from dataclasses import replace
from heapq import heappop, heappush

from qc_station.align.counter import Counter
from qc_station.align.entry import OVERHEAD_BYTES
from qc_station.align.rate import SECOND_NS, Rate
from sensors.readings import Reading

LATE_NS = 2 * SECOND_NS
"""No reading is overtaken by this much; what counts from so far back is a device that began anew."""
SLACK_NS = SECOND_NS
"""How differently host and device may count the time between two readings."""


class Intake:
    """Lets a reading pass that continues the one before, and lets any other wait for what it may have overtaken.

    A reading that waits is let go, in the order of session and index, when what is missing has come, or when `release`
    finds that it has waited long enough: so readings pushed between two releases may come in any order. Counts that
    wrap at 16 or 32 bits are carried on, and a count that begins anew within a session begins a session of ours.
    """

    def __init__(self, rate: Rate | None, *, reorder_ns: int = 0) -> None:
        """Start empty.

        Args:
            rate: Of the stream, if it has one.
            reorder_ns: How long a reading waits for what it has overtaken; 0: until the next release.
        """
        self._rate, self._reorder_ns = rate, reorder_ns
        self._waiting: list[tuple[int, int, int, Reading]] = []
        self._session = self._resets = self._number = self._newest = self._arrived_ns = 0
        self._next: tuple[int, int] | None = None
        self._plain = False
        self._counter = self._new_counter()
        self.samples = 0
        """Samples that wait."""
        self.bytes = 0
        """Bytes that wait."""

    def __len__(self) -> int:
        return len(self._waiting)

    def passes(self, reading: Reading) -> bool:
        """Whether a reading simply continues the one before, as nearly all do; if so it is counted as passed."""
        if self._plain and not self._waiting and (reading.session, reading.seq) == self._next:
            self._newest = reading.seq + len(reading.data)
            self._next, self._arrived_ns = (reading.session, self._newest), reading.arrival_ns
            return True
        return False

    def push(self, reading: Reading) -> list[Reading]:
        """Take a reading; returns what may be held now, in order."""
        if self.passes(reading):
            return [reading]
        reading = self._counted(reading)
        self._plain = not self._resets and not self._counter.offset
        place = reading.session, reading.seq
        if self._next is None and reading.seq == 0:
            self._next = place
        if self._next is not None and place < self._next:
            # Twice the same, or overtaken for longer than it may be: whoever holds the others says so.
            return [reading]
        self._number += 1
        heappush(self._waiting, (reading.session, reading.seq, self._number, reading))
        self.samples += reading.count
        self.bytes += reading.data.nbytes + OVERHEAD_BYTES
        return self._continued()

    def release(self, now_ns: int) -> list[Reading]:
        """What has waited long enough, and all that goes before it; in order."""
        if not self._waiting:
            return []
        if not self._reorder_ns:
            return self.flush()
        limit = max(
            (wait[:3] for wait in self._waiting if wait[3].arrival_ns + self._reorder_ns <= now_ns), default=None
        )
        passed = []
        while limit and self._waiting and self._waiting[0][:3] <= limit:
            passed.append(self._pop())
        return passed + self._continued()

    def release_ns(self) -> int | None:
        """When `release` lets the first one go, waited for or not; None where none waits."""
        return min((wait[3].arrival_ns + self._reorder_ns for wait in self._waiting), default=None)

    def flush(self) -> list[Reading]:
        """All that waits, in order."""
        return [self._pop() for _ in range(len(self._waiting))]

    def _continued(self) -> list[Reading]:
        """What waits and is now next."""
        passed = []
        while self._waiting and self._next is not None and self._waiting[0][:2] <= self._next:
            passed.append(self._pop())
        return passed

    def _pop(self) -> Reading:
        reading = heappop(self._waiting)[3]
        self.samples -= reading.count
        self.bytes -= reading.data.nbytes + OVERHEAD_BYTES
        stop = reading.session, reading.seq + reading.count
        self._next = max(self._next, stop) if self._next else stop
        return reading

    def _counted(self, reading: Reading) -> Reading:
        """The reading with its place among all of this stream: wraps carried on, restarts of the count told apart."""
        if reading.session > self._session or not self._number:
            self._begin(reading.session)
        elif reading.session < self._session:
            return reading
        index, stop = reading.seq + self._counter.offset, reading.seq + self._counter.offset + reading.count
        if index < self._newest:
            index = self._back(reading)
            stop = index + reading.count
        if stop > self._newest:
            self._newest, self._arrived_ns = stop, reading.arrival_ns
        session = reading.session + self._resets
        if index != reading.seq or session != reading.session:
            return replace(reading, seq=index, session=session)
        return reading

    def _begin(self, session: int) -> None:
        self._session, self._newest = session, 0
        self._number = max(1, self._number)
        self._counter = self._new_counter()

    def _back(self, reading: Reading) -> int:
        """Where a reading belongs whose count lies before the newest one."""
        elapsed_ns = reading.arrival_ns - self._arrived_ns
        # Without a rate only a count that goes on exactly at the wrap is one.
        lost = max(0, self._rate.nearest(elapsed_ns) - reading.count) if self._rate else 0
        index = self._counter.unwrap(reading.seq, self._newest, lost)
        if index < self._newest and self._anew(reading, self._newest - index - reading.count, elapsed_ns):
            self._resets += 1
            self._counter, self._newest = self._new_counter(), 0
            return reading.seq
        return index

    def _anew(self, reading: Reading, behind: int, elapsed_ns: int) -> bool:
        """Whether the device counts from 0 again, since it cannot be that late and cannot have counted more since."""
        if self._rate is None:
            return reading.seq == 0 and elapsed_ns > 0
        late_ns = elapsed_ns + self._rate.span_ns(behind)
        counted_ns = self._rate.span_ns(reading.seq + reading.count)
        return late_ns > LATE_NS and counted_ns <= elapsed_ns + SLACK_NS

    def _new_counter(self) -> Counter:
        return Counter(slack=self._rate.nearest(SLACK_NS) if self._rate else 0)
