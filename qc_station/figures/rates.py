"""Rates with their exact bound."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of parts with its two-sided exact confidence interval."""

    count: int
    total: int
    lower: float
    upper: float

    def __str__(self) -> str:
        """E.g. "2 of 59 (3.4 %, 0.4 to 11.7 %)"."""
        if not self.total:
            return "0 of 0"
        share = 100 * self.count / self.total
        return f"{self.count} of {self.total} ({share:.1f} %, {100 * self.lower:.1f} to {100 * self.upper:.1f} %)"


def rate(count: int, total: int, confidence: float = 0.95) -> Rate:
    """Clopper-Pearson interval (Biometrika 26, 1934): each side errs with at most half of 1 - confidence.

    Raises:
        ValueError: count outside 0..total.
    """
    if not 0 <= count <= total:
        raise ValueError(f"count {count} must lie within 0 and total {total}")
    side = (1 - confidence) / 2
    below, up_to = _at_most(count - 1, total), _at_most(count, total)
    lower = 0.0 if count == 0 else _solve(lambda p: 1 - below(p) - side)
    upper = 1.0 if count == total else _solve(lambda p: side - up_to(p))
    return Rate(count, total, lower, upper)


def _at_most(count: int, total: int) -> Callable[[float], float]:
    """Binomial distribution function of so many or fewer, by the probability of one."""
    k = np.arange(count + 1)
    # C(n, k) = C(n, k - 1) (n - k + 1) / k
    ways = np.cumsum(np.concatenate([np.zeros(1), np.log(total - k[1:] + 1) - np.log(k[1:])]))

    def distribution(p: float) -> float:
        if p <= 0 or p >= 1:
            return 1.0 if p <= 0 else float(count >= total)
        return float(np.exp(ways[: len(k)] + k * math.log(p) + (total - k) * math.log1p(-p)).sum())

    return distribution


def _solve(rising: Callable[[float], float]) -> float:
    """Zero of a function that rises on (0, 1), by bisection to the last bit that matters."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
