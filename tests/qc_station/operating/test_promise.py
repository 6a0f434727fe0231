"""Whether the promise is kept: 500 splits drawn anew from parts of which everything is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from qc_station.figures.rates import most_misses, rate
from qc_station.operating.proof import tightened

SPLITS = 500
COSTS = 0.05
POOL = 200_000


def pool(shape: tuple[float, float]) -> NDArray[np.float64]:
    """Probabilities that a network gives to bad parts, sorted: most are sure, some look good."""
    return np.sort(np.random.default_rng(3).beta(*shape, POOL))


def violations(scores: NDArray[np.float64], units: int, limit: float, confidence: float, seed: int) -> int:
    """In how many splits of so many bad parts the threshold that is proved lets more pass than was promised."""
    drawn = np.random.default_rng(seed).choice(scores, (SPLITS, units))
    thresholds = tightened(drawn, most_misses(units, limit, confidence), COSTS)
    escapes = np.searchsorted(scores, thresholds, side="right") / len(scores)
    return int((escapes > limit).sum())


@pytest.mark.parametrize("shape", [(1.0, 3.0), (2.0, 0.6), (0.5, 0.5), (8.0, 1.0)])
@pytest.mark.parametrize(("units", "limit"), [(400, 0.01), (1000, 0.01), (80, 0.05), (500, 0.05)])
def test_the_promise_is_broken_in_no_more_splits_than_the_confidence_allows(
    shape: tuple[float, float], units: int, limit: float
) -> None:
    assert violations(pool(shape), units, limit, 0.95, seed=1) <= 0.05 * SPLITS


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.99])
def test_so_it_is_at_other_confidences_where_the_costs_never_hold_it_back(confidence: float) -> None:
    broken = violations(pool((1.0, 3.0)), 700, 0.01, confidence, seed=2)
    assert rate(broken, SPLITS, 0.99).lower <= 1 - confidence


def test_the_least_number_of_parts_breaks_it_about_as_often_as_it_may() -> None:
    broken = [violations(pool((1.0, 3.0)), 299, 0.01, 0.95, seed) for seed in range(20)]
    # Exactly 0.99 ** 299 = 4.95 % of the splits, less what the margin saves.
    assert 0.03 <= np.mean(broken) / SPLITS <= 0.053


def test_a_threshold_that_only_looks_good_enough_on_the_same_parts_breaks_it_ten_times_as_often() -> None:
    scores = pool((1.0, 3.0))
    drawn = np.random.default_rng(1).choice(scores, (SPLITS, 400))
    naive = tightened(drawn, 4, COSTS)
    escapes = np.searchsorted(scores, naive, side="right") / len(scores)
    assert (escapes > 0.01).mean() > 0.3


def test_parts_of_lots_that_are_alike_keep_the_promise_only_when_lots_are_counted() -> None:
    """Lots of ten parts with nearly one score: as parts they pretend to ten times the evidence."""
    random = np.random.default_rng(4)
    lots, size, limit = 100, 10, 0.05
    level = random.beta(1.0, 3.0, (SPLITS, lots, 1))
    scores = np.clip(level + random.normal(0, 1e-4, (SPLITS, lots, size)), 0, 1)
    truth = np.sort(np.clip(random.beta(1.0, 3.0, POOL) + random.normal(0, 1e-4, POOL), 0, 1))

    def broken(units: NDArray[np.float64]) -> float:
        thresholds = tightened(units, most_misses(units.shape[1], limit, 0.95), 1.0)
        return float((np.searchsorted(truth, thresholds, side="right") / POOL > limit).mean())

    assert broken(scores.min(axis=2)) <= 0.05
    assert broken(scores.reshape(SPLITS, -1)) > 0.2
