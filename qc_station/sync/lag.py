"""The lag between two streams from pairs of taps, or why there is none."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qc_station.errors import CalibrationError

FEWEST = 10
"""Pairs that are needed."""
CONFIDENCE = 0.95
JITTER_S = 0.005
"""How far lags may scatter where both streams are finer than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How much later the second stream sees a tap."""

    median_ms: float
    """The lag."""
    spread_ms: float
    """Median absolute deviation of the pairs from it."""
    low_ms: float
    """Lower bound of the median at 95 %, from order statistics."""
    high_ms: float
    """Upper bound."""
    pairs: int
    """Taps that both streams saw."""
    drift_ppm: float
    """How much the lag grows with time; a clock that runs apart."""

    def __str__(self) -> str:
        """In words."""
        return (
            f"{self.median_ms:.1f} ms, median of {self.pairs} taps, spread {self.spread_ms:.1f} ms, "
            f"95 %: {self.low_ms:.1f} to {self.high_ms:.1f} ms"
        )


def lag_of(pairs: NDArray[np.int64], *, period_s: float) -> Lag:
    """Conclude from pairs of taps.

    Args:
        pairs: Times in the first and the second stream in ns; shape (pairs, 2).
        period_s: Of the two streams together: what their sampling alone may scatter.

    Raises:
        CalibrationError: fewer than ten pairs, or they scatter more than half a period and five milliseconds.
    """
    if len(pairs) < FEWEST:
        raise CalibrationError(f"{len(pairs)} taps that both streams saw; needed: {FEWEST} or more")
    lags = np.sort((pairs[:, 1] - pairs[:, 0]) / 1e6)
    median = float(np.median(lags))
    spread = float(np.median(np.abs(lags - median)))
    allowed = 1e3 * (period_s / 2 + JITTER_S)
    if spread > allowed:
        raise CalibrationError(
            f"the lags of {len(pairs)} taps scatter by {spread:.1f} ms around {median:.1f} ms; allowed for these streams: "
            f"{allowed:.1f} ms; tap harder and apart, in view of both sensors"
        )
    rank = _rank(len(lags))
    return Lag(
        median_ms=median,
        spread_ms=spread,
        low_ms=float(lags[rank]),
        high_ms=float(lags[-1 - rank]),
        pairs=len(pairs),
        drift_ppm=_slope(pairs) * 1e6,
    )


def _rank(count: int) -> int:
    """How many of the smallest and of the largest lie outside the interval of the median (sign test, exact)."""
    tail, rank = 0.0, 0
    while (tail := tail + math.comb(count, rank) * 0.5**count) <= (1 - CONFIDENCE) / 2:
        rank += 1
    return max(0, rank - 1)


def _slope(pairs: NDArray[np.int64]) -> float:
    """Median of the slopes between all pairs of points (Theil and Sen, 1968)."""
    times, lags = pairs[:, 0] - pairs[0, 0], pairs[:, 1] - pairs[:, 0]
    one, other = np.triu_indices(len(pairs), 1)
    apart = times[other] - times[one]
    real = apart > 0
    return float(np.median((lags[other] - lags[one])[real] / apart[real])) if real.any() else 0.0
