import pytest

from qc_station.sensing.rates import WINDOW_NS, RateMeter

S = 1_000_000_000


def test_a_rate_is_counted_between_looks() -> None:
    meter = RateMeter()
    assert meter.hz(0, 100) is None
    assert meter.hz(0, 100) is None
    assert meter.hz(2 * S, 148) == pytest.approx(24.0)


def test_what_is_longer_ago_than_the_window_does_not_count() -> None:
    meter = RateMeter()
    for second in range(100):
        meter.hz(second * S, 10 * second if second < 50 else 500)
    assert meter.hz(100 * S, 500) == 0.0


def test_a_rate_over_few_looks_spans_at_least_the_window() -> None:
    meter = RateMeter()
    meter.hz(0, 0)
    meter.hz(WINDOW_NS - 1, 50)
    assert meter.hz(WINDOW_NS, 60) == pytest.approx(12.0)
