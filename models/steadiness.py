"""How fast a series of losses still changes, and how well that is known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_LEVEL = 0.05
"""Share of the largest loss ever under which a level is not taken: what is nearly nothing need not stand still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The change of a loss within a window, as a share of its level."""

    change: float
    """Slope of the straight line through the losses, times the window; negative while the loss falls."""
    error: float
    """Standard error of that change, from the scatter around the line."""


def drift_of(losses: Sequence[float], window: int, largest: float) -> Drift:
    """Least squares over the epochs, after a running median of three that takes single spikes out.

    Args:
        losses: One an epoch, at least three.
        window: Epochs of a window.
        largest: Largest loss since training began.
    """
    calm = _median_of_three(np.array(losses, dtype=np.float64))
    steps = np.arange(len(calm)) - (len(calm) - 1) / 2
    spread = float(steps @ steps)
    slope = float(steps @ calm) / spread
    residual = calm - calm.mean() - slope * steps
    error = math.sqrt(float(residual @ residual) / (len(calm) - 2) / spread)
    level = max(abs(float(calm.mean())), LEAST_LEVEL * abs(largest), 1e-12)
    return Drift(change=slope * window / level, error=error * window / level)


def _median_of_three(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value and its neighbours; the ends share the median of the three outermost."""
    before, here, after = losses[:-2], losses[1:-1], losses[2:]
    middle = np.maximum(np.minimum(before, here), np.minimum(np.maximum(before, here), after))
    return np.concatenate([middle[:1], middle, middle[-1:]])
