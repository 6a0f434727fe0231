"""A straight line through points, most of which lie on it and some of which lie above."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEPT = 0.75
"""Share of the points that the line is laid through: what a busy host delays for a whole window is left out."""
ROUNDS = 3
"""Times that the points farthest from the line are left out anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How the difference between two clocks runs; integers hold what is large, floats only what is small."""

    x_ns: int
    """Device time of the last point."""
    y_ns: int
    """Arrival less device time at the last point."""
    above_ns: float
    """How far the line lies above the last point."""
    slope: float
    """What the device loses on the host, in ns per ns; positive for a device that counts too slowly."""
    mad_ns: float
    """Median absolute distance of the points from the line."""

    def at(self, x_ns: int) -> int:
        """The line at a device time."""
        return self.y_ns + round(self.above_ns + self.slope * (x_ns - self.x_ns))


def trimmed(points: Sequence[tuple[int, int]], slope: float | None = None) -> Line:
    """The least-squares line through the three quarters of the points that lie nearest to it.

    Least trimmed squares by concentration steps (Rousseeuw and Van Driessen, 2006), from the plain line.

    Args:
        points: At least one (device time, arrival less device time), both in ns.
        slope: Of the line where it is known; None: it is fitted, which takes two different device times.

    Returns:
        The line.
    """
    last_x, last_y = points[-1]
    # Differences to the last point are small, so floats lose nothing even beyond 2**53 ns.
    x = np.array([point[0] - last_x for point in points], np.float64)
    y = np.array([point[1] - last_y for point in points], np.float64)
    kept = np.ones(len(points), np.bool_)
    fitted, above = _least_squares(x, y, slope)
    for _ in range(ROUNDS):
        distance = np.abs(y - above - fitted * x)
        kept = distance <= np.sort(distance)[int(np.ceil(KEPT * len(points))) - 1]
        fitted, above = _least_squares(x[kept], y[kept], slope)
    mad_ns = float(np.median(np.abs(y - above - fitted * x)))
    return Line(x_ns=last_x, y_ns=last_y, above_ns=above, slope=fitted, mad_ns=mad_ns)


def _least_squares(x: NDArray[np.float64], y: NDArray[np.float64], slope: float | None) -> tuple[float, float]:
    """Slope and height at 0."""
    middle, height = float(x.mean()), float(y.mean())
    if slope is None:
        spread = float(np.square(x - middle).sum())
        slope = float(((x - middle) * (y - height)).sum()) / spread if spread else 0.0
    return slope, height - slope * middle
