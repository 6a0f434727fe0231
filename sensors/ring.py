"""Blocks on their way from a callback that must not wait to a reader that may."""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.readings import Quality, Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Samples as the callback got them."""

    seq: int
    """Index of the first sample since the ring began; counts lost samples too."""
    arrival_ns: int
    """When the callback began."""
    quality: Quality
    """What the writer knew to be wrong."""
    data: Samples
    """Shape (samples, channels), int16; the reader's own copy."""


class Ring:
    """A bounded hand-over from one writing thread to one reading thread.

    All memory is taken at the start. A full ring drops the newest block: the writer never touches a slot that
    the reader may be copying, so neither needs a lock around the samples.
    """

    def __init__(self, *, slots: int, block: int, channels: int) -> None:
        """Take the memory.

        Args:
            slots: Blocks that wait at most.
            block: Samples in a slot.
            channels: Channels in a sample.
        """
        self._data: NDArray[np.int16] = np.zeros((slots, block, channels), np.int16)
        self._counts: NDArray[np.int64] = np.zeros(slots, np.int64)
        self._seqs: NDArray[np.int64] = np.zeros(slots, np.int64)
        self._arrivals_ns: NDArray[np.int64] = np.zeros(slots, np.int64)
        self._qualities: NDArray[np.int64] = np.zeros(slots, np.int64)
        # Each counter has one writer: _written the callback, _taken the reader. Equal means empty.
        self._written, self._taken = 0, 0
        self._seq, self._owed = 0, Quality.OK
        self._fresh = threading.Event()

    def put(self, samples: NDArray[np.int16], arrival_ns: int, quality: Quality = Quality.OK) -> int:
        """Copy one block in; never waits.

        Args:
            samples: Shape (samples, channels), int16; no more samples than a slot holds.
            arrival_ns: When the block was in our hands.
            quality: What is known to be wrong before or in it.

        Returns:
            Samples lost because the ring was full: 0 or all of them. The next block that finds room carries
            OVERFLOW and GAP_BEFORE, and its `seq` has jumped by what was lost.
        """
        count = len(samples)
        seq, self._seq = self._seq, self._seq + count
        if self._written - self._taken == len(self._data):
            self._owed |= quality | Quality.OVERFLOW | Quality.GAP_BEFORE
            return count
        slot = self._written % len(self._data)
        self._data[slot, :count] = samples
        self._counts[slot], self._seqs[slot], self._arrivals_ns[slot] = count, seq, arrival_ns
        self._qualities[slot], self._owed = int(quality | self._owed), Quality.OK
        self._written += 1
        self._fresh.set()
        return 0

    def get(self, wait_s: float) -> Block | None:
        """The oldest block, or None when none came within the wait.

        Args:
            wait_s: Longest wait, in seconds; 0 looks only.
        """
        if self._written == self._taken:
            self._fresh.clear()
            # Looked at again: a block may have come between the first look and the clearing.
            if self._written == self._taken and not self._fresh.wait(wait_s):
                return None
        slot = self._taken % len(self._data)
        block = Block(
            seq=int(self._seqs[slot]),
            arrival_ns=int(self._arrivals_ns[slot]),
            quality=Quality(int(self._qualities[slot])),
            # The slot is written again while the reader's consumer still holds this.
            data=self._data[slot, : self._counts[slot]].copy(),
        )
        self._taken += 1
        return block
