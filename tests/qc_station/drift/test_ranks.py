"""Ranks are uniform and independent whatever is ranked, as long as its order says nothing."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.drift.betting import BETS, log_bets
from qc_station.drift.ranks import CELLS, Ranks, cell, share_of


@given(st.lists(st.floats(0.0, 1.0), max_size=30), st.floats(0.0, 1.0), st.floats(0.001, 0.999))
def test_a_rank_is_the_share_of_smaller_values_with_ties_broken(
    before: list[float], value: float, share: float
) -> None:
    cells = [cell(one) for one in before]
    below, same = sum(c < cell(value) for c in cells), cells.count(cell(value))
    assert Ranks.of(before).add(value, share) == pytest.approx((below + share * (same + 1)) / (len(before) + 1))


def test_ranks_of_coarse_biased_p_values_are_uniform_and_say_nothing_of_the_next() -> None:
    rng = np.random.default_rng(2)
    # Nine calibration items, and p-values that are far too small: no more than ten values, mean 0.26 instead of 0.55.
    values = np.ceil(10 * rng.beta(1.0, 4.0, 4000)) / 10
    ranks = Ranks()
    found = np.array([ranks.add(value, share_of("s", f"p{n}")) for n, value in enumerate(values)])
    edges = np.histogram(found, bins=10, range=(0, 1))[0]
    assert ((edges - 400.0) ** 2 / 400.0).sum() < 27.9  # chi squared, 9 degrees of freedom, 0.999
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < 3.3 / math.sqrt(4000)


def test_a_part_breaks_its_ties_in_the_same_way_whenever_it_is_read() -> None:
    assert share_of("acoustic", "p1") == share_of("acoustic", "p1")
    assert len({share_of(stream, f"p{n}") for n in range(100) for stream in ("a", "b")}) == 200
    assert np.mean([share_of("a", f"p{n}") for n in range(4000)]) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
def test_what_is_no_p_value_is_refused_with_the_value(value: float) -> None:
    with pytest.raises(ValueError, match=f"p-value {value}; allowed: 0 to 1"):
        cell(value)
    assert cell(1.0) == CELLS - 1


def test_no_bet_gains_on_average_while_ranks_are_uniform() -> None:
    uniform = (np.arange(200_000) + 0.5) / 200_000
    normal = np.array([NormalDist().inv_cdf(u) for u in uniform])
    assert log_bets(normal).shape == (200_000, BETS)
    np.testing.assert_allclose(np.exp(log_bets(normal)).mean(axis=0), np.ones(BETS), rtol=0.02)
