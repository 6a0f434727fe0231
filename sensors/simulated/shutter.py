"""A camera's shutter, which closes from time to time to measure the offset of its pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutter:
    """While it is closed the camera delivers its last frame again, and then frames with their offset corrected.

    Everything is counted in frames since switching on, when the first correction takes place, so that the truth about
    every frame is known.
    """

    period: int = 540
    """Frames from one closing to the next; the first closing comes after so many."""
    frames: int = 3
    """Frames in which it is closed, at least 1 and fewer than `period`."""

    def __post_init__(self) -> None:
        """Refuse a shutter that never opens."""
        if not 1 <= self.frames < self.period:
            raise ValueError(f"shutter: closed for {self.frames} of {self.period} frames; must be at least 1 and fewer")

    @classmethod
    def every(cls, period_s: float, rate_hz: float, closed_s: float = 0.35) -> "Shutter":
        """Closes every `period_s` seconds for about `closed_s` of a camera with `rate_hz` frames a second."""
        return cls(period=round(period_s * rate_hz), frames=max(1, round(closed_s * rate_hz)))

    def closed(self, index: Indices) -> NDArray[np.bool_]:
        """Truth: whether the shutter is closed in each frame, so that the frame is an old one; shape of `index`."""
        return np.asarray((index >= self.period) & (index % self.period < self.frames))

    def shown(self, index: Indices) -> Indices:
        """Which frame is delivered in each frame's place; shape of `index`."""
        return np.where(self.closed(index), index - index % self.period - 1, index)

    def corrected(self, index: Indices) -> Indices:
        """The frame at which the offset was last corrected before each frame that is `shown`; shape of `index`."""
        closing = index - index % self.period
        return np.where(index < self.period, 0, closing + self.frames - 1)

    def closings(self, stop: int) -> Indices:
        """Truth: first frame of every closing that begins before the frame `stop`; shape (closings,)."""
        return np.arange(self.period, stop, self.period, dtype=np.int64)
