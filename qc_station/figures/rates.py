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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """A rate with the exact bound that it stays under."""

    count: int
    """How often it was seen."""
    total: int
    """Among so many."""
    upper: float
    """The rate is at most this, with the confidence; 1 where nothing is known."""
    confidence: float
    """One-sided: so surely is the rate no larger."""

    def __str__(self) -> str:
        """E.g. "0 of 312 (0 %, at most 0.956 % at 95 %)"."""
        seen = percent(self.count / self.total) if self.total else "unknown"
        return f"{self.count} of {self.total} ({seen}, at most {percent(self.upper)} at {percent(self.confidence)})"


def percent(share: float) -> str:
    """E.g. "0.956 %"."""
    return f"{100 * share:.3g} %"


def bounded(count: int, total: int, confidence: float = 0.95) -> Bounded:
    """One-sided upper bound of Clopper and Pearson (Biometrika 26, 1934): the largest rate that would still be so lucky.

    Zero of 299 is at most 1 % at 95 %, zero of 59 at most 5 %, zero of 31 at most 9.2 %.

    Raises:
        ValueError: count outside 0..total, or a confidence outside 0..1.
    """
    _require_share("confidence", confidence)
    # The upper end of a two-sided interval errs with half of what the interval errs with.
    upper = rate(count, total, 2 * confidence - 1).upper
    return Bounded(count=count, total=total, upper=upper, confidence=confidence)


def most_misses(total: int, limit: float, confidence: float) -> int:
    """The largest count among so many that still proves a rate at most `limit`; -1 where not even 0 does.

    Raises:
        ValueError: a limit or confidence that lies not between 0 and 1.
    """
    _require_share("limit", limit)
    _require_share("confidence", confidence)
    count = -1
    while count < total and _at_most(count + 1, total)(limit) <= 1 - confidence:
        count += 1
    return count


def needed(misses: int, limit: float, confidence: float) -> int:
    """The smallest total among which so many misses prove a rate at most `limit`.

    Raises:
        ValueError: a limit or confidence that lies not between 0 and 1.
    """
    _require_share("limit", limit)
    _require_share("confidence", confidence)
    low, high = misses, misses + 1
    while _at_most(misses, high)(limit) > 1 - confidence:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _at_most(misses, middle)(limit) <= 1 - confidence else (middle, high)
    return high


def _require_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} {value} must lie between 0 and 1")


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
