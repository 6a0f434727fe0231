"""The books of a stream: every sample that came in is somewhere."""

from collections import Counter
from dataclasses import dataclass

from qc_station.align.entry import Entry
from qc_station.align.uses import Uses


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStats:
    """Samples of one stream; ingested = used + context + late + all of dropped + buffered, at every moment."""

    ingested: int
    """All that were pushed."""
    used: int
    """Served at least one part and have left the buffer."""
    context: int
    """Came in time and served none: what lies between parts."""
    late: int
    """Came after a part that waited for them was closed, and served none after it."""
    dropped: dict[str, int]
    """Not kept, by reason: out_of_order, malformed, not_finite, overflow_bytes, overflow_seconds, removed, shutdown; or
    inbox: a busy line had no room for them, so that they never came here."""
    buffered: int
    """Still held, used or not, or waiting for what they have overtaken."""
    breaks: int = 0
    """Times that the clock of the device began anew within a session."""
    drift_ppm: float | None = None
    """How much faster than declared the device counts; None while unknown and where arrival is the only clock."""

    @property
    def balanced(self) -> bool:
        """Whether the equation holds."""
        gone = self.used + self.context + self.late + sum(self.dropped.values())
        return self.ingested == gone + self.buffered


class Ledger:
    """Counts samples as they come and go."""

    def __init__(self) -> None:
        self.ingested = 0
        self._used = self._context = self._late = 0
        self._dropped: Counter[str] = Counter()
        self._uses = Uses()

    def drop(self, reason: str, count: int) -> None:
        """Samples that were refused or had to go."""
        self._dropped[reason] += count

    def use(self, low: int, high: int) -> bool:
        """Samples between two positions serve a part; True where one of them had served before."""
        return self._uses.mark(low, high)

    def leave(self, entry: Entry, *, dropped: str | None = None) -> None:
        """An entry left the buffer, after all that were older.

        Args:
            entry: As it was held.
            dropped: Why it had to go before its time; None where its time was over.
        """
        low, high = entry.position, entry.position + entry.count
        used = self._uses.count(low, high)
        late = sum(self._unused(low - entry.seq, *span) for span in entry.late) if entry.late else 0
        rest = entry.count - used - late
        self._used += used
        self._late += late
        if dropped is None:
            self._context += rest
        elif rest:
            self.drop(dropped, rest)
        self._uses.forget(high)

    def _unused(self, base: int, first: int, stop: int) -> int:
        """How many samples of a span have served nobody; `base` is the position of the epoch's sample 0."""
        return stop - first - self._uses.count(base + first, base + stop)

    def stats(self, *, held: int, waiting: int, breaks: int, drift_ppm: float | None) -> StreamStats:
        """The books as they stand.

        Args:
            held: Samples in the buffer.
            waiting: Samples that have come and are not yet in it.
            breaks: Of the clock.
            drift_ppm: Of the clock.
        """
        return StreamStats(
            ingested=self.ingested + waiting,
            used=self._used,
            context=self._context,
            late=self._late,
            dropped=dict(self._dropped),
            buffered=held + waiting,
            breaks=breaks,
            drift_ppm=drift_ppm,
        )
