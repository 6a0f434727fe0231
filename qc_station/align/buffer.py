"""The entries of one stream in order, found by time or by index without walking."""

from bisect import bisect_left, bisect_right

import numpy as np

from qc_station.align.entry import EPOCH, Entry

NOTHING = Entry(
    epoch=0, seq=0, count=0, run=0, origin_ns=0, from_ns=0, end_ns=0, uncertainty_ns=0, data=np.zeros(0, np.bool_)
)
"""Stands where an entry was."""


class Buffer:
    """A queue of entries with binary search.

    A list with a moving head: a deque would make every look into its middle cost its length. The dead front is cut off
    when it is the longer half, so a push costs O(1) on average and no sample is ever copied. Times and indices stand in
    lists of their own, since comparing integers costs a tenth of asking each entry.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._begins: list[int] = []
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._head = 0
        self.samples = 0
        """Held."""
        self.bytes = 0
        """Held, with the overhead of each entry."""
        self.flagged = 0
        """Entries whose reading was flagged."""
        self.oldest: Entry | None = None
        """The first entry; None where there is none."""

    def __len__(self) -> int:
        return len(self._entries) - self._head

    def append(self, entry: Entry) -> None:
        """Add an entry that is later than all others in time, epoch and index."""
        self._entries.append(entry)
        self._begins.append(entry.from_ns)
        position = entry.position
        self._firsts.append(position)
        self._lasts.append(position + entry.count - 1)
        self.samples += entry.count
        self.bytes += entry.bytes
        self.flagged += entry.flags != 0
        if self.oldest is None:
            self.oldest = entry

    def pop(self) -> Entry:
        """Take the oldest entry out; IndexError where there is none."""
        entry = self._entries[self._head]
        # The dead front must not keep samples alive.
        self._entries[self._head] = NOTHING
        self._head += 1
        self.samples -= entry.count
        self.bytes -= entry.bytes
        self.flagged -= entry.flags != 0
        if 2 * self._head > len(self._entries):
            for column in (self._entries, self._begins, self._firsts, self._lasts):
                del column[: self._head]
            self._head = 0
        self.oldest = self._entries[self._head] if self._head < len(self._entries) else None
        return entry

    def at_time(self, time_ns: int) -> Entry | None:
        """The last entry that begins at or before a time."""
        return self._at(bisect_right(self._begins, time_ns, self._head))

    def around(self, time_ns: int) -> tuple[Entry | None, Entry | None]:
        """The last entry that begins at or before a time, and the one that follows it."""
        following = bisect_right(self._begins, time_ns, self._head)
        return self._at(following), self._at(following + 1)

    def before_index(self, epoch: int, index: int) -> Entry | None:
        """The last entry that lies wholly before a sample."""
        return self._at(bisect_right(self._lasts, epoch * EPOCH + index - 1, self._head))

    def overlapping(self, epoch: int, first: int, stop: int) -> list[Entry]:
        """The entries that hold samples from `first` to before `stop` of an epoch, in order."""
        begin = bisect_right(self._lasts, epoch * EPOCH + first - 1, self._head)
        return self._entries[begin : bisect_left(self._firsts, epoch * EPOCH + stop, begin)]

    def following(self, epoch: int, index: int) -> Entry | None:
        """The first entry that holds a sample or lies behind it."""
        return self._at(bisect_left(self._lasts, epoch * EPOCH + index, self._head) + 1)

    def _at(self, following: int) -> Entry | None:
        """The entry in front of a position, None outside the buffer."""
        return self._entries[following - 1] if self._head < following <= len(self._entries) else None
