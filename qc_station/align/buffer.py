"""The entries of one stream in order, found by time or by index without walking."""

from bisect import bisect_right
from collections.abc import Iterator

from qc_station.align.entry import Entry


class Buffer:
    """A queue of entries with binary search.

    A list with a moving head: a deque would make every look into its middle cost its length. The dead front is cut off
    when it is the longer half, so a push costs O(1) on average and no sample is ever copied.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._head = 0
        self.samples = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries) - self._head

    @property
    def oldest(self) -> Entry:
        """The first entry; IndexError where there is none."""
        return self._entries[self._head]

    def append(self, entry: Entry) -> None:
        """Add an entry that is later than all others in time, epoch and index."""
        self._entries.append(entry)
        self.samples += entry.count
        self.bytes += entry.bytes

    def pop(self) -> Entry:
        """Take the oldest entry out."""
        entry = self.oldest
        self._head += 1
        self.samples -= entry.count
        self.bytes -= entry.bytes
        if 2 * self._head > len(self._entries):
            del self._entries[: self._head]
            self._head = 0
        return entry

    def at_time(self, time_ns: int) -> Entry | None:
        """The last entry that begins at or before a time."""
        return self._at(bisect_right(self._entries, time_ns, self._head, key=_begin))

    def after_time(self, time_ns: int) -> Entry | None:
        """The first entry that begins after a time."""
        return self._at(bisect_right(self._entries, time_ns, self._head, key=_begin) + 1)

    def before_index(self, epoch: int, index: int) -> Entry | None:
        """The last entry that lies wholly before a sample."""
        return self._at(bisect_right(self._entries, (epoch, index - 1), self._head, key=_last))

    def overlapping(self, epoch: int, first: int, stop: int) -> Iterator[Entry]:
        """The entries that hold samples from `first` to before `stop` of an epoch, in order."""
        position = bisect_right(self._entries, (epoch, first - 1), self._head, key=_last)
        while position < len(self._entries):
            entry = self._entries[position]
            if entry.epoch != epoch or entry.seq >= stop:
                return
            yield entry
            position += 1

    def _at(self, following: int) -> Entry | None:
        """The entry in front of a position, None outside the buffer."""
        return self._entries[following - 1] if self._head < following <= len(self._entries) else None


def _begin(entry: Entry) -> int:
    return entry.from_ns


def _last(entry: Entry) -> tuple[int, int]:
    return entry.epoch, entry.stop - 1
