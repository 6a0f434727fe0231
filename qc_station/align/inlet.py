"""One stream on its way into the aligner: put in order, held, and what came too late told."""

from collections.abc import Iterable
from dataclasses import dataclass

from qc_station.align.intake import Intake
from qc_station.align.ledger import StreamStats
from qc_station.align.track import Track
from sensors.readings import Reading
from sensors.streams import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Samples that a part had waited for in vain."""

    stream: str
    """Name of the stream."""
    session: int
    """Session of the reading."""
    seq: int
    """Index of the first sample."""
    count: int
    """Samples that came too late."""
    arrival_ns: int
    """When they came, CLOCK_MONOTONIC."""


class Inlet:
    """Intake and track of one stream."""

    def __init__(self, stream: Stream, *, max_bytes: int, reorder_ns: int) -> None:
        """Start empty.

        Args:
            stream: What its driver delivers.
            max_bytes: What may be held and wait together.
            reorder_ns: How long a reading waits for what it has overtaken.
        """
        self.track = Track(stream, max_bytes=max_bytes)
        self._intake = Intake(self.track.rate, reorder_ns=reorder_ns)
        self._max_bytes = max_bytes

    @property
    def waiting(self) -> bool:
        """Whether readings wait for what they have overtaken."""
        return len(self._intake) > 0

    def push(self, reading: Reading) -> list[Late]:
        """Take a reading; returns what was too late."""
        if self._intake.passes(reading):
            return self._hold((reading,))
        late = self._hold(self._intake.push(reading))
        if len(self._intake) and self._intake.bytes + self.track.bytes > self._max_bytes:
            # What waits may not become the way around the bound.
            late += self._hold(self._intake.flush())
        return late

    def release(self, now_ns: int) -> list[Late]:
        """Hold what has waited long enough; returns what was too late."""
        return self._hold(self._intake.release(now_ns))

    def release_ns(self) -> int | None:
        """When the first of the readings that wait has waited long enough; None where none waits."""
        return self._intake.release_ns()

    def flush(self) -> list[Late]:
        """Hold all that waits; returns what was too late."""
        return self._hold(self._intake.flush())

    def stats(self) -> StreamStats:
        """The books of the stream."""
        return self.track.stats(waiting=self._intake.samples)

    def _hold(self, readings: Iterable[Reading]) -> list[Late]:
        late: list[Late] = []
        for reading in readings:
            for first, stop in self.track.push(reading):
                late.append(
                    Late(
                        stream=reading.stream,
                        session=reading.session,
                        seq=first,
                        count=stop - first,
                        arrival_ns=reading.arrival_ns,
                    )
                )
        return late
