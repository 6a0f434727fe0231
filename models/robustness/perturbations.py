"""Raw windows as they come from a sensor that fails."""

import numpy as np
from numpy.typing import NDArray

from models.robustness.spread import Spread

Windows = NDArray[np.float32]
"""Raw windows of one stream, shape (items, *InputSpec.shape), float32."""
OVERDRIVE = 10.0
"""How many times too high the gain of a saturated sensor is."""


def constant(windows: Windows, spread: Spread) -> Windows:
    """A sensor that is stuck at the mean of its training values, channel by channel."""
    return np.broadcast_to(spread.mean, windows.shape).astype(np.float32)


def saturated(windows: Windows, spread: Spread) -> Windows:
    """A sensor whose gain is ten times too high: what leaves the range of training is cut off at its ends."""
    return (spread.mean + OVERDRIVE * (windows - spread.mean)).clip(spread.low, spread.high).astype(np.float32)


def swapped(windows: Windows, random: np.random.Generator) -> Windows:
    """Every item with the window of another one: the sensor is healthy and speaks of something else."""
    order = random.permutation(len(windows))
    donors = np.empty_like(order)
    # One circle through all items, so that nobody keeps its own.
    donors[order] = np.roll(order, 1)
    return windows[donors]


def noisy(windows: Windows, spread: Spread, level: float, random: np.random.Generator) -> Windows:
    """Gaussian noise of `level` standard deviations of the stream, within what its sample type can hold."""
    noise = random.standard_normal(windows.shape, dtype=np.float32)
    return spread.held(windows + level * spread.deviation * noise)
