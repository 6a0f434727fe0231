"""Axes have round numbers and hold everything that is drawn."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qc_station.report.charts.scale import Scale, interval, tick_text, ticks

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


@given(NUMBERS, NUMBERS)
def test_ticks_are_few_evenly_spaced_and_inside(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    assume(high - low > 1e-6 * max(1.0, abs(low), abs(high)))
    found = ticks(low, high)
    assert 2 <= len(found) <= 11
    room = 1e-6 * (high - low)
    assert all(low - room <= value <= high + room for value in found)
    steps = [b - a for a, b in pairwise(found)]
    assert max(steps) - min(steps) <= 1e-6 * max(steps)


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 60, [0, 20, 40, 60]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
        (3, 7, [3, 4, 5, 6, 7]),
    ],
)
def test_ticks_are_the_numbers_that_a_person_would_choose(low: float, high: float, wanted: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(wanted)


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True, min_value=None, max_value=None), max_size=6), st.booleans()
)
def test_an_interval_has_a_width_and_holds_every_finite_value(values: list[float], zero: bool) -> None:
    values = [v for v in values if not abs(v) > 1e300]
    low, high = interval(values, zero=zero)
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    assert all(low <= v <= high for v in values if math.isfinite(v))
    assert not zero or low <= 0 <= high


def test_a_scale_is_straight_and_holds_what_lies_beyond_it() -> None:
    scale = Scale(low=10.0, high=20.0, start=200.0, stop=100.0)
    assert [scale(v) for v in (10, 15, 20, 30, -5)] == [200, 150, 100, 100, 200]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(0.2, "0.2"), (20.0, "20"), (0.002, "0.002"), (4e-4, "4e-4"), (-2.5e-7, "-2.5e-7"), (3e6, "3e6"), (0.0, "0")],
)
def test_a_tick_is_written_short(value: float, wanted: str) -> None:
    assert tick_text(value) == wanted
