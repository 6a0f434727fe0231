"""The steady-state test as it looks at one loss: slope with its error, and spread, over the last epochs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_SPREAD = 0.005
"""Standard deviation that a steady loss may have, as a share of its level."""
SLOPE_ROOM = 1e-4
"""Slope that is no slope, as a share of the level an epoch, beyond two standard errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """How flat a loss is at its end."""

    slope: float
    """Least-squares slope an epoch."""
    error: float
    """Standard error of the slope."""
    level: float
    """Mean."""
    spread: float
    """Standard deviation as a share of the level."""

    @property
    def steady(self) -> bool:
        """The test that `models.recurrence` makes of the cumulative loss, here of one loss alone."""
        flat = abs(self.slope) <= 2 * self.error + SLOPE_ROOM * max(abs(self.level), 1e-12)
        return flat and self.spread <= MOST_SPREAD


def steadiness(losses: Sequence[float | None], window: int) -> Steadiness | None:
    """Look at the end of a loss.

    Args:
        losses: One an epoch.
        window: Epochs that are looked at.

    Returns:
        None where these epochs are not all there.
    """
    known = [v for v in losses[-window:] if v is not None]
    if len(known) < max(window, 3):
        return None
    values = np.array(known)
    steps = np.arange(window, dtype=np.float64) - (window - 1) / 2
    level = float(values.mean())
    slope = float(steps @ (values - level) / (steps @ steps))
    residual = values - level - slope * steps
    return Steadiness(
        slope=slope,
        error=math.sqrt(float(residual @ residual) / (window - 2) / float(steps @ steps)),
        level=level,
        spread=float(values.std()) / max(abs(level), 1e-12),
    )
