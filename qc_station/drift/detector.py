"""Adds up what bets gain until it cannot be luck."""

from math import log
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_station.drift.betting import BETS, WORDS, log_bets
from qc_station.drift.ranks import Ranks

PARTS: Final = 10_000
FALSE_ALARMS: Final = 0.01
"""A stream that does not change gives a false alarm within PARTS parts with at most this probability."""
QUIET: Final = -np.inf
"""Logarithm of the gain before the first part."""
NORMAL: Final = NormalDist()


def threshold(tests: int) -> float:
    """Natural logarithm of the gain that is an alarm, where so many tests share the promise; see `gained`."""
    return log(tests * PARTS / FALSE_ALARMS)


def gained(log_gains: NDArray[np.float64], bets: NDArray[np.float64]) -> NDArray[np.float64]:
    """One step of Shiryaev-Roberts for every bet: R = (1 + R) f(u).

    At every part a new unit is staked beside what the earlier ones have become, so that a change is found as fast after
    a million quiet parts as after a hundred (Shiryaev 1963, Roberts 1966; with conformal martingales Vovk, Petej,
    Nouretdinov, Ahlberg, Carlsson and Gammerman 2021, arXiv:2102.10439). While ranks are uniform, R minus the number of
    parts is a martingale for each bet and for their mean. The mean is therefore a submartingale that begins at 0 and has
    the expectation T after T parts, and by Doob's maximal inequality it reaches c within T parts with probability at
    most T / c. Its first alarm comes after c parts on average at the earliest.

    Args:
        log_gains: Natural logarithms of R, shape (..., BETS).
        bets: Of this part, see `log_bets`, same shape.

    Returns:
        The same after this part.
    """
    return np.asarray(np.logaddexp(0.0, log_gains) + bets)


def together(log_gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm of the mean gain of all bets, shape (..., BETS) to (...)."""
    return np.asarray(np.logaddexp.reduce(log_gains, axis=-1) - log(BETS))


class Detector:
    """One question about one stream; an update takes the same time and memory at every part."""

    def __init__(self, ranks: Ranks) -> None:
        """Args: ranks: What parts are compared with; it grows by them."""
        self.ranks = ranks
        self.log_gains = np.full(BETS, QUIET)
        self.sums = np.zeros(BETS)
        """Of the logarithms of each bet since it last lost all, which is where its winnings began (Page 1954)."""
        self.since = np.zeros(BETS, np.int64)
        """Number of the decision at which they began."""

    @property
    def log_gain(self) -> float:
        """Natural logarithm of what all bets have gained; minus infinity before the first part."""
        return float(together(self.log_gains))

    @property
    def winner(self) -> int:
        """The bet that gained most."""
        return int(self.log_gains.argmax())

    @property
    def begun(self) -> int:
        """Number of the decision at which the change is most likely to have begun."""
        return int(self.since[self.winner])

    @property
    def word(self) -> str:
        """How parts have changed, if they have."""
        return WORDS[self.winner]

    def add(self, p_value: float, share: float, number: int) -> None:
        """Take a part.

        Args:
            p_value: Of its novelty in this stream.
            share: Between 0 and 1; breaks ties.
            number: Of its decision.
        """
        bets = log_bets(NORMAL.inv_cdf(self.ranks.add(p_value, share)))
        self.log_gains = gained(self.log_gains, bets)
        self.since = np.where(self.sums <= 0.0, number, self.since)
        self.sums = np.maximum(self.sums, 0.0) + bets
