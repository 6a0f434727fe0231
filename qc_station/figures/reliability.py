"""Whether a network is as often right as it says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qc_station.figures.rates import Rate, rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Items about which the network is about equally sure."""

    confidence: float
    """Mean probability of the answer."""
    right: Rate
    """How often the answer is right, with its exact bounds."""


def reliability(confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = 10) -> tuple[Bin, ...]:
    """Items in equal bins of their confidence (DeGroot and Fienberg 1983), empty bins left out.

    Args:
        confidence: Probability that something is so, shape (items,), 0 to 1.
        right: Whether it is so, shape (items,).
        bins: Number of bins.
    """
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    found = []
    for number in np.unique(place):
        here = place == number
        found.append(
            Bin(
                confidence=float(confidence[here].mean(dtype=np.float64)),
                right=rate(int(right[here].sum()), int(here.sum())),
            )
        )
    return tuple(found)
