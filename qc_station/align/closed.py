"""The times for which parts have waited in vain."""

from collections import deque

from qc_station.align.entry import Entry, Spans
from qc_station.align.rate import Rate

KEPT = 256
"""Times that are held; samples that come after so many later parts were closed belong to none that people remember."""
NEVER_NS = -(2**63)


class Closed:
    """From when until when a part's samples were missing when it was closed: what comes for those times is late.

    Samples come in the order of time, so what lies wholly before a new one is of no more account.
    """

    def __init__(self) -> None:
        """No part was closed before its samples came."""
        self._spans: deque[tuple[int, int]] = deque(maxlen=KEPT)
        self.until_ns = NEVER_NS
        """The latest time for which a part has waited in vain."""

    def close(self, from_ns: int, until_ns: int) -> None:
        """A part goes without the samples between two times, both inclusive."""
        self._spans.append((from_ns, until_ns))
        self.until_ns = max(until_ns, self.until_ns)

    def late(self, entry: Entry, rate: Rate | None) -> Spans:
        """The samples of a new entry that parts had waited for: first index and the one after the last, rising, apart."""
        while self._spans and self._spans[0][1] < entry.from_ns:
            self._spans.popleft()
        found: list[tuple[int, int]] = []
        for first, stop in sorted(_indices(entry, rate, *span) for span in self._spans):
            if found and first <= found[-1][1]:
                found[-1] = found[-1][0], max(stop, found[-1][1])
            elif first < stop:
                found.append((first, stop))
        return tuple(found)


def _indices(entry: Entry, rate: Rate | None, from_ns: int, until_ns: int) -> tuple[int, int]:
    """Which samples of an entry lie between two times."""
    if rate is None:
        inside = from_ns <= entry.end_ns <= until_ns
        return entry.seq, entry.stop if inside else entry.seq
    first = rate.last_by(from_ns - 1 - entry.origin_ns) + 1
    stop = rate.last_by(until_ns - entry.origin_ns) + 1
    return max(first, entry.seq), min(stop, entry.stop)
