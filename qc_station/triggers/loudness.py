"""Where a signal becomes louder than its background."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from qc_station.triggers.frame_grid import Frames

FLOOR_SHARE = 4
"""The floor is what a quarter of the frames stays below, so that parts may be heard for half of the time."""


class Loudness:
    """Finds onsets in the frames of a session.

    The level of a frame is its mean power, measured from the mean of the frame before: a constant offset is no level,
    and a step is one wherever it lies. Its floor is a low quantile of the levels of the frames before it. An onset is a
    frame whose level reaches the floor times the threshold while that of the frame before it did not. Its sample is the
    first one of both frames whose own power reaches that, too: the frame before is looked at because an onset near its
    end does not raise its level enough.
    """

    def __init__(
        self, *, frame: int, floor_frames: int, threshold_db: float, quietest_db: float, refractory: int
    ) -> None:
        """Nothing was heard yet.

        Args:
            frame: Samples in a frame.
            floor_frames: Frames that the floor is made of; before them there is no onset.
            threshold_db: How far above the floor an onset is.
            quietest_db: The floor is never taken for lower, in decibels of full scale.
            refractory: Samples after an onset in which there is no other one.
        """
        self._frame, self._floor_frames, self._refractory = frame, floor_frames, refractory
        self._ratio, self._quietest = 10.0 ** (threshold_db / 10.0), 10.0 ** (quietest_db / 10.0)
        self._levels: NDArray[np.float64] = np.zeros(0)
        # The frame before, and whether it was above; a frame after a gap or without a floor counts as above.
        self._before: NDArray[np.float64] | None = None
        self._above = True
        self._next, self._last = 0, -refractory

    @property
    def ready(self) -> bool:
        """Whether the floor is known."""
        return len(self._levels) == self._floor_frames

    def hear(self, start: int, frames: Frames) -> list[int]:
        """Onsets that become known by some frames.

        Args:
            start: Index of their first sample in the session; not the one after the last frame's where there is a gap.
            frames: Finite numbers, shape (frames, samples of a frame, channels).

        Returns:
            Indices of samples in the session, rising.
        """
        if not len(frames):
            return []
        if start != self._next:
            self._before, self._above = None, True
        self._next = start + len(frames) * self._frame
        levels = self._levels_of(frames)
        thresholds = self._thresholds(levels)
        above = levels >= thresholds
        # Where there is no floor yet nothing is known to be quiet.
        above |= np.isinf(thresholds)
        edges = np.flatnonzero(above & ~np.concatenate([[self._above], above[:-1]]))
        found = [start + self._place(frames, int(edge), float(thresholds[edge])) for edge in edges]
        self._before, self._above = frames[-1], bool(above[-1])
        return [onset for onset in found if self._rested(onset)]

    def _levels_of(self, frames: Frames) -> NDArray[np.float64]:
        means = frames.mean(axis=1)
        first = means[:1] if self._before is None else self._before.mean(axis=0, keepdims=True)
        powers = np.square(frames - np.concatenate([first, means[:-1]])[:, np.newaxis])
        levels: NDArray[np.float64] = powers.reshape(len(frames), -1).mean(axis=1)
        return levels

    def _thresholds(self, levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each level has to reach; infinite where too few frames came before it."""
        known, size = np.concatenate([self._levels, levels]), self._floor_frames
        thresholds = np.full(len(levels), np.inf)
        # The window that ends before a frame; the last window ends with the last frame and belongs to the next one.
        if len(known) > size:
            windows = sliding_window_view(known, size)[:-1][-len(levels) :]
            rank = size // FLOOR_SHARE
            floors = np.partition(windows, rank, axis=1)[:, rank]
            thresholds[-len(floors) :] = np.maximum(floors, self._quietest) * self._ratio
        self._levels = known[-size:]
        return thresholds

    def _place(self, frames: Frames, edge: int, threshold: float) -> int:
        """The sample of an onset, counted from the first frame's first one; negative in the frame before it."""
        before = frames[edge - 1] if edge else self._before
        assert before is not None  # noqa: S101 - without a frame before, it counts as above
        both = np.concatenate([before, frames[edge]])
        powers = np.square(both - before.mean(axis=0)).mean(axis=1)
        # By rounding the loudest sample may miss the threshold that the mean of all has reached.
        return (edge - 1) * self._frame + int(np.argmax(powers >= min(threshold, powers.max())))

    def _rested(self, onset: int) -> bool:
        """Whether it is not too soon after the one before."""
        if onset - self._last < self._refractory:
            return False
        self._last = onset
        return True
