"""Rates with their exact bounds."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from qc_station.figures.rates import bounded, most_misses, needed, rate

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=60)
@given(COUNTS, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@example((0, 1), 0.95)
@example((1, 1), 0.95)
@example((5000, 12_007), 0.95)
def test_bounds_equal_the_exact_interval_of_scipy(counts: tuple[int, int], confidence: float) -> None:
    found = rate(*counts, confidence)
    wanted = binomtest(*counts).proportion_ci(confidence, method="exact")
    assert (found.lower, found.upper) == pytest.approx((wanted.low, wanted.high), abs=1e-7)


@pytest.mark.parametrize(("defects", "proved"), [(299, 0.01), (59, 0.05)])
def test_no_miss_in_so_many_defects_proves_a_rate_at_95_percent_one_sided(defects: int, proved: float) -> None:
    # A one-sided bound at 95 % is the upper end of the two-sided interval at 90 %.
    assert rate(0, defects, 0.90).upper < proved <= rate(0, defects - 1, 0.90).upper
    assert rate(0, defects, 0.95).upper > proved


def test_no_miss_in_31_defects_proves_no_better_than_nine_percent() -> None:
    assert rate(0, 31, 0.90).upper == pytest.approx(0.092, abs=0.0005)


def test_ends_are_exactly_none_and_all() -> None:
    assert rate(0, 10).lower == 0.0
    assert rate(10, 10).upper == 1.0
    assert (rate(0, 0).lower, rate(0, 0).upper) == (0.0, 1.0)


@given(COUNTS)
def test_the_share_lies_within_its_bounds_and_good_and_bad_mirror(counts: tuple[int, int]) -> None:
    count, total = counts
    found, mirror = rate(count, total), rate(total - count, total)
    assert 0 <= found.lower <= count / total <= found.upper <= 1
    assert (found.lower, found.upper) == pytest.approx((1 - mirror.upper, 1 - mirror.lower), abs=1e-9)


@pytest.mark.parametrize(("count", "total"), [(-1, 5), (6, 5)])
def test_an_impossible_count_is_refused(count: int, total: int) -> None:
    with pytest.raises(ValueError, match=f"count {count} must lie within 0 and total 5"):
        rate(count, total)


def test_a_rate_never_stands_without_its_bounds() -> None:
    assert str(rate(2, 59)) == "2 of 59 (3.4 %, 0.4 to 11.7 %)"
    assert str(rate(0, 0)) == "0 of 0"


@pytest.mark.parametrize(("defects", "limit"), [(299, 0.01), (59, 0.05)])
def test_no_miss_in_so_many_defects_is_the_least_that_proves_a_limit(defects: int, limit: float) -> None:
    assert bounded(0, defects).upper <= limit < bounded(0, defects - 1).upper
    assert needed(0, limit, 0.95) == defects
    assert most_misses(defects, limit, 0.95) == 0
    assert most_misses(defects - 1, limit, 0.95) == -1


def test_no_miss_in_31_is_at_most_nine_point_two_percent() -> None:
    assert str(bounded(0, 31)) == "0 of 31 (0 %, at most 9.21 % at 95 %)"
    assert str(bounded(0, 0)) == "0 of 0 (unknown, at most 100 % at 95 %)"


@settings(max_examples=60)
@given(COUNTS, st.sampled_from([0.3, 0.8, 0.95, 0.99]))
def test_a_one_sided_bound_equals_that_of_scipy(counts: tuple[int, int], confidence: float) -> None:
    wanted = binomtest(*counts, alternative="less").proportion_ci(confidence, method="exact").high
    assert bounded(*counts, confidence).upper == pytest.approx(wanted, abs=1e-7)


@settings(max_examples=60)
@given(st.integers(0, 2000), st.sampled_from([0.005, 0.01, 0.05, 0.3]), st.sampled_from([0.8, 0.95, 0.99]))
def test_one_miss_more_than_most_would_no_longer_prove_it(total: int, limit: float, confidence: float) -> None:
    most = most_misses(total, limit, confidence)
    assert most < 0 or binom.cdf(most, total, limit) <= 1 - confidence
    assert most == total or binom.cdf(most + 1, total, limit) > 1 - confidence


@settings(max_examples=60)
@given(st.integers(0, 20), st.sampled_from([0.005, 0.01, 0.05, 0.3]), st.sampled_from([0.8, 0.95, 0.99]))
def test_one_part_fewer_than_needed_would_prove_nothing(misses: int, limit: float, confidence: float) -> None:
    total = needed(misses, limit, confidence)
    assert most_misses(total, limit, confidence) == misses
    assert most_misses(total - 1, limit, confidence) == misses - 1


@pytest.mark.parametrize(("limit", "confidence"), [(0.0, 0.95), (1.0, 0.95), (0.01, 1.0), (0.01, 0.0)])
def test_a_share_that_nothing_can_prove_is_refused(limit: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        needed(0, limit, confidence)
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        most_misses(10, limit, confidence)
