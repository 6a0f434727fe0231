"""The lag is found through jitter, missing and additional taps, and refused where it is not certain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.errors import CalibrationError
from qc_station.sync.lag import lag_of
from qc_station.sync.pairing import pairs

MS = 1_000_000
S = 1_000_000_000


def tapped(seed: int, count: int, *, lag_ms: float, jitter_ms: float = 2.0, missing: float = 0.2, extra: int = 4):
    """Irregular taps, and how a second stream sees them."""
    rng = np.random.default_rng(seed)
    first = np.cumsum(rng.uniform(0.4, 2.5, count)) * S
    second = first + lag_ms * MS + rng.normal(0, jitter_ms, count) * MS
    seen = [times[rng.random(count) >= missing] for times in (first, second)]
    noise = [rng.uniform(0, first[-1], extra) for _ in seen]
    return [np.sort(np.concatenate(both)).astype(np.int64) for both in zip(seen, noise, strict=True)]


@given(st.integers(0, 10_000), st.floats(-800, 800))
def test_a_fifth_missing_and_some_too_many_do_not_move_the_lag(seed: int, lag_ms: float) -> None:
    first, second = tapped(seed, 30, lag_ms=lag_ms)
    lag = lag_of(pairs(first, second, longest_ns=S, within_ns=25 * MS), period_s=0.001)
    assert abs(lag.median_ms - lag_ms) < 2.5
    assert lag.low_ms <= lag.median_ms <= lag.high_ms
    assert lag.spread_ms < 4


def test_the_interval_holds_the_lag_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        first, second = tapped(seed, 25, lag_ms=40.0, missing=0.0, extra=0)
        lag = lag_of(pairs(first, second, longest_ns=S, within_ns=25 * MS), period_s=0.001)
        held += lag.low_ms <= 40.0 <= lag.high_ms
    assert 186 <= held <= 200


def test_a_clock_that_runs_apart_is_told() -> None:
    first = np.cumsum(np.random.default_rng(1).uniform(1, 3, 30)) * S
    second = first * (1 + 200e-6) + 30 * MS
    both = np.column_stack([first, second]).astype(np.int64)
    assert lag_of(both, period_s=0.03).drift_ppm == pytest.approx(200, abs=0.5)


def test_nine_pairs_are_too_few_and_ten_are_enough() -> None:
    times = np.arange(10) * S
    both = np.column_stack([times, times + 5 * MS])
    assert lag_of(both, period_s=0.1).median_ms == 5.0
    with pytest.raises(CalibrationError, match="9 taps that both streams saw; needed: 10 or more"):
        lag_of(both[:9], period_s=0.1)


def test_lags_that_scatter_more_than_sampling_can_are_refused_with_both_figures() -> None:
    times = np.arange(20) * S
    both = np.column_stack([times, times + np.linspace(-40, 40, 20).astype(np.int64) * MS])
    with pytest.raises(CalibrationError, match=r"scatter by 2\d\.\d ms around .*; allowed for these streams: 10\.0 ms"):
        lag_of(both, period_s=0.01)
    assert lag_of(both, period_s=0.1).pairs == 20


def test_taps_like_clockwork_are_refused_with_both_lags() -> None:
    first = (np.arange(20) * S // 2).astype(np.int64)
    with pytest.raises(CalibrationError, match=r"like clockwork: the lag may be .* or .*; tap irregularly"):
        pairs(first, first + 30 * MS, longest_ns=S, within_ns=10 * MS)


def test_streams_without_a_common_tap_have_no_pair() -> None:
    assert pairs(np.array([0]), np.array([5 * S]), longest_ns=S, within_ns=MS).shape == (0, 2)
    assert pairs(np.zeros(0, np.int64), np.array([5 * S]), longest_ns=S, within_ns=MS).shape == (0, 2)


def test_no_tap_is_in_two_pairs() -> None:
    first, second = tapped(3, 40, lag_ms=10.0, extra=30)
    found = pairs(first, second, longest_ns=S, within_ns=25 * MS)
    assert len(set(found[:, 0])) == len(set(found[:, 1])) == len(found)
