"""Schedules: between 0 and 1, up to the largest rate and down again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.schedules import SCHEDULES, constant, linear, one_cycle, steps


@pytest.mark.parametrize("name", SCHEDULES)
@given(progress=st.floats(0, 1), warmup=st.floats(0, 0.9))
def test_the_factor_is_never_outside_0_and_1(name: str, progress: float, warmup: float) -> None:
    assert 0.0 <= SCHEDULES[name](progress, warmup) <= 1.0


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_largest_rate_is_reached_at_the_end_of_the_warm_up(name: str) -> None:
    assert SCHEDULES[name](0.2, 0.2) == pytest.approx(1.0)
    assert SCHEDULES[name](0.0, 0.2) < 0.05


@pytest.mark.parametrize("name", SCHEDULES)
def test_without_warm_up_it_begins_with_the_largest_rate(name: str) -> None:
    assert SCHEDULES[name](0.0, 0.0) == 1.0


def test_how_they_end() -> None:
    assert one_cycle(1.0) == pytest.approx(0.0, abs=1e-12)
    assert linear(1.0) == 0.0
    assert constant(1.0) == 1.0
    assert [steps(p, 0.0) for p in (0.49, 0.5, 0.74, 0.75)] == [1.0, 0.1, 0.1, 0.01]
