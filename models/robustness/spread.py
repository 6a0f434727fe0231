"""How the values of a stream are spread in training: the scale on which it is perturbed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.injection import InputSpec

MOST_WINDOWS = 512
"""Training windows that are looked at, evenly over all; more would change the third digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Of a stream's raw values; arrays have shape (channels, 1), or (1, 1, 1) for an image, float32."""

    mean: NDArray[np.float32]
    """Of each channel over training items and time, or of all pixels."""
    deviation: NDArray[np.float32]
    """Standard deviation about it, positive."""
    low: NDArray[np.float32]
    """Lowest value in training."""
    high: NDArray[np.float32]
    """Highest value in training."""
    rails: tuple[float, float]
    """What the sample type can hold; infinite for floating point."""

    def held(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Windows within what the sample type can hold."""
        return windows.clip(*self.rails)


def spread_of(spec: InputSpec, windows: NDArray[Any]) -> Spread:
    """Measure a stream.

    Args:
        spec: The stream.
        windows: Of training items, shape (items, *spec.shape).

    Raises:
        ValueError: there is none.
    """
    if not len(windows):
        raise ValueError(f"stream {spec.name!r}: no training window; at least one is needed to know its spread")
    some = windows[np.linspace(0, len(windows) - 1, min(len(windows), MOST_WINDOWS)).astype(np.int64)]
    values = some.astype(np.float64)
    # Channels of a waveform or series have their own scale, the pixels of an image share one.
    axes = (0, 2) if values.ndim == 3 else tuple(range(values.ndim))
    deviation = values.std(axis=axes, keepdims=True)[0]
    kind = np.dtype(spec.dtype)
    limits = np.iinfo(kind) if kind.kind in "iu" else None
    return Spread(
        mean=values.mean(axis=axes, keepdims=True)[0].astype(np.float32),
        # A stream that never moved has no scale of its own; any positive one does.
        deviation=np.where(deviation > 0, deviation, 1.0).astype(np.float32),
        low=values.min(axis=axes, keepdims=True)[0].astype(np.float32),
        high=values.max(axis=axes, keepdims=True)[0].astype(np.float32),
        rails=(-np.inf, np.inf) if limits is None else (float(limits.min), float(limits.max)),
    )
