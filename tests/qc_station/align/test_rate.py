import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.align.rate import Rate

RATES = st.sampled_from([9.0, 8.7, 10.0, 16_000.0, 44_100.0, 48_000.0, 1 / 3])


@given(RATES, st.integers(0, 2**60))
def test_the_last_sample_by_its_own_time_is_itself(rate_hz: float, count: int) -> None:
    rate = Rate.of(rate_hz)
    assert rate.last_by(rate.span_ns(count)) == count
    assert rate.last_by(rate.span_ns(count) - 1) == count - 1
    assert rate.nearest(rate.span_ns(count)) == count


@pytest.mark.parametrize("rate_hz", [0.0, -1.0])
def test_a_rate_that_is_not_above_zero_is_refused(rate_hz: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Rate.of(rate_hz)
