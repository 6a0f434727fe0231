"""A hot spot on a thin plate: its heat spreads and leaves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIFFUSIVITY_PX2_S = 0.6
"""That of steel, 12 mm2/s, on pixels of 4.5 mm."""
COOLING_S = 25.0
"""Seconds in which a part loses 1 - 1/e of its warmth to the air (Newton's law of cooling)."""
BLUR_PX2 = 0.3
"""Variance of what the optics see of a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Heat that was left at a point, some time before the trigger."""

    x_px: float
    """Column of the point, relative to the middle of the part."""
    y_px: float
    """Row of the point, relative to the middle of the part."""
    kelvin: float
    """Peak above the part at the trigger."""
    age_s: float
    """Seconds from the heating to the trigger, above 0."""

    def variance_px2(self, since_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Spread along each axis, which grows by 2 D t; `since_s` counts from the trigger, same shape."""
        return np.asarray(BLUR_PX2 + 2.0 * DIFFUSIVITY_PX2_S * np.maximum(self.age_s + since_s, 0.0))

    def excess(
        self, x: NDArray[np.float64], y: NDArray[np.float64], since_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Kelvins above the part: the heat kernel Q / (4 pi D t) exp(-r^2 / (4 D t)), less what the air takes.

        Instantaneous source in a plane (Carslaw and Jaeger, Conduction of Heat in Solids, 1959, chapter 10). No heat is
        lost by spreading: the peak falls as the variance grows.

        Args:
            x: Columns from the middle of the part, broadcast with the others.
            y: Rows from the middle of the part.
            since_s: Seconds since the trigger.
        """
        variance = self.variance_px2(since_s)
        peak_k = self.kelvin * self.variance_px2(np.zeros(1)) / variance * cooled(since_s)
        # One exponential per row and per column, not per pixel.
        across = np.exp(-0.5 * (x - self.x_px) ** 2 / variance)
        return np.asarray(peak_k * across * np.exp(-0.5 * (y - self.y_px) ** 2 / variance))


def cooled(since_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of its warmth at the trigger that a part has at other times; shape of `since_s`."""
    return np.asarray(np.exp(-since_s / COOLING_S))
