"""Blocks on their way from a callback that must not wait to a reader that may."""

from queue import Empty, SimpleQueue
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensors.readings import Quality, Samples


class Block(NamedTuple):
    """Samples as the callback got them; a tuple, because the callback makes it and has little time."""

    seq: int
    """Index of the first sample since the ring began; counts lost samples too."""
    arrival_ns: int
    """When the callback began."""
    quality: Quality
    """What the writer knew to be wrong."""
    data: Samples
    """Shape (samples, channels), int16, read-only."""


class Ring:
    """A bounded hand-over from one writing thread to one reading thread.

    A full ring drops the newest block, so that what the writer does never depends on how far the reader is. Each block is
    copied once, by the writer. The queue between the two is one of C: waking a reader with Python's own locks costs more
    than everything else that is done to a block.
    """

    def __init__(self, *, slots: int) -> None:
        """Start empty.

        Args:
            slots: Blocks that wait at most.
        """
        self._slots = slots
        self._blocks: SimpleQueue[Block] = SimpleQueue()
        self._seq, self._owed = 0, Quality.OK

    def put(self, samples: NDArray[np.int16], arrival_ns: int, quality: Quality = Quality.OK) -> int:
        """Copy one block in; never waits.

        Args:
            samples: Shape (samples, channels), int16.
            arrival_ns: When the block was in our hands.
            quality: What is known to be wrong before or in it.

        Returns:
            Samples lost because the ring was full: 0 or all of them. The next block that finds room carries
            OVERFLOW and GAP_BEFORE, and its `seq` has jumped by what was lost.
        """
        count = len(samples)
        seq, self._seq = self._seq, self._seq + count
        # Meanwhile the reader can only make room.
        if self._blocks.qsize() >= self._slots:
            self._owed |= quality | Quality.OVERFLOW | Quality.GAP_BEFORE
            return count
        if self._owed:
            quality, self._owed = quality | self._owed, Quality.OK
        # Copied as bytes: numpy would let other threads run meanwhile, and the callback would have to wait for them.
        own = np.frombuffer(samples.tobytes(), np.int16).reshape(samples.shape)
        self._blocks.put(Block(seq, arrival_ns, quality, own))
        return 0

    def get(self, wait_s: float) -> Block | None:
        """The oldest block, or None when none came within the wait.

        Args:
            wait_s: Longest wait, in seconds; 0 looks only.
        """
        try:
            return self._blocks.get(timeout=wait_s)
        except Empty:
            return None
