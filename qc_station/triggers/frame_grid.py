"""Cuts a session of samples into frames that do not depend on the blocks in which it came."""

import math

import numpy as np
from numpy.typing import NDArray

from sensors.readings import Samples

Frames = NDArray[np.float64]
"""Shape (frames, samples of a frame, channels), full scale 1."""


class FrameGrid:
    """The lines of the grid are the multiples of the frame's length, counted from the beginning of the session."""

    def __init__(self, frame: int) -> None:
        """Args: frame: Samples in a frame."""
        self._frame, self._next = frame, 0
        self._held: NDArray[np.float64] | None = None

    def cut(self, first: int, data: Samples) -> tuple[int, Frames]:
        """The frames that a block completes.

        Args:
            first: Index of its first sample in the session. Samples that came before already are passed over; after a
                gap the frame that was begun is dropped, as is what comes before the next line of the grid.
            data: Shape (samples, ...); integers fill their type, floats reach from -1 to 1.

        Returns:
            Index of the first sample of the first frame, and the frames.
        """
        rows = data.reshape(len(data), math.prod(data.shape[1:]))[max(0, self._next - first) :]
        first = max(first, self._next)
        if first > self._next:
            self._held = None
        if self._held is None:
            behind = min(-first % self._frame, len(rows))
            rows, first = rows[behind:], first + behind
        self._next = first + len(rows)
        samples = _scaled(rows) if self._held is None else np.concatenate([self._held, _scaled(rows)])
        whole = len(samples) // self._frame * self._frame
        self._held = samples[whole:] if whole < len(samples) else None
        return self._next - len(samples), samples[:whole].reshape(-1, self._frame, samples.shape[1])


def _scaled(rows: Samples) -> NDArray[np.float64]:
    scale = 1.0 / (float(np.iinfo(rows.dtype).max) + 1.0) if rows.dtype.kind in "iu" else 1.0
    return np.multiply(rows, scale, dtype=np.float64)
