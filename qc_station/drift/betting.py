"""Bets on ranks: each is a density on (0, 1), so that none gains on average while ranks are uniform."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

SHIFTS: Final = (-2.0, -1.0, -0.5, -0.25, 0.25, 0.5, 1.0, 2.0)
"""Changes of the middle that are bet on, in standard deviations; negative is stranger."""
SPREADS: Final = (0.5, 2.0)
"""Changes of the spread that are bet on, as factors."""
WORDS: Final = ("stranger",) * 4 + ("more usual",) * 4 + ("more alike", "more scattered")
"""What each bet says of the parts when it wins, in order."""
BETS: Final = len(WORDS)


# Every bet is the exponential of a + b z + c z^2.
_SHIFTS, _SPREADS = np.array(SHIFTS), np.array(SPREADS)
_CONSTANT: Final = np.concatenate([-(_SHIFTS**2) / 2.0, -np.log(_SPREADS)])
_LINEAR: Final = np.concatenate([_SHIFTS, np.zeros(len(SPREADS))])
_SQUARE: Final = np.concatenate([np.zeros(len(SHIFTS)), (1.0 - _SPREADS**-2) / 2.0])


def log_bets(normal: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Logarithm of what each bet multiplies its stake by.

    A bet on a uniform rank u is f(u) with f >= 0 and integral 1 (Fedorova, Gammerman, Nouretdinov and Vovk 2012,
    arXiv:1204.3251). These are the ratios of two normal densities at z, the normal quantile of u: for a shift m
    exp(m z - m^2 / 2), for a spread s exp(z^2 (1 - 1 / s^2) / 2) / s; the best there can be where ranks of a normal
    score shift or spread so.

    Args:
        normal: z, any shape.

    Returns:
        Shape (*shape, BETS), float64.
    """
    z = np.asarray(normal, np.float64)[..., None]
    return np.asarray(_CONSTANT + z * (_LINEAR + z * _SQUARE))
