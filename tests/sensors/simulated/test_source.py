import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.simulated.source import FARTHEST, slowly, wander, wandered, white


@given(first=st.integers(0, 300), count=st.integers(0, 200), cut=st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_noise_belongs_to_its_index(first: int, count: int, cut: int) -> None:
    cut = min(cut, count)
    whole = white([1, 2], first, count, (2,), cell=32)
    split = [white([1, 2], first, cut, (2,), cell=32), white([1, 2], first + cut, count - cut, (2,), cell=32)]
    assert whole.shape == (count, 2)
    np.testing.assert_array_equal(whole, np.concatenate(split))


def test_noise_is_normal_and_without_memory() -> None:
    noise = white([1, 2], 5, 200_000).astype(np.float64)
    assert abs(noise.mean()) < 0.01
    assert noise.var() == pytest.approx(1.0, rel=0.02)
    for lag in (1, 4096):
        assert abs((noise[lag:] * noise[:-lag]).mean()) < 0.01


def test_a_drift_stays_within_its_bound_and_its_integral_is_its_integral() -> None:
    times_s = np.arange(0.0, 3600.0, 0.25)
    drift = wander([7], times_s, 600.0)
    assert 0.5 < np.abs(drift).max() <= FARTHEST
    summed = np.cumsum((drift[1:] + drift[:-1]) / 2.0 * 0.25)
    np.testing.assert_allclose(np.diff(wandered([7], times_s, 600.0)).cumsum(), summed, atol=0.01)


def test_a_slow_process_is_the_same_wherever_a_call_begins_and_close_to_what_it_stands_for() -> None:
    times_s = np.arange(1.0, 3.0, 1e-3) + 3e-4
    whole = slowly(np.sin, times_s, 0.05)
    np.testing.assert_array_equal(whole, np.concatenate([slowly(np.sin, t, 0.05) for t in np.split(times_s, 8)]))
    # A straight line over h is off by h^2 / 8 times the curvature, which is 1 here.
    np.testing.assert_allclose(whole, np.sin(times_s), atol=0.05**2 / 8.0)
