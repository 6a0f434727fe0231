"""States and counters of one sensor."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.readings import Quality
from sensors.supervision.health import Health, State
from tests.sensors.supervision.scripted import Clock, S, ScriptedDriver, stream


def alive(rate_hz: float | None = 10.0) -> tuple[Health, ScriptedDriver, Clock]:
    clock = Clock()
    driver = ScriptedDriver([], clock, rate_hz=rate_hz)
    health = Health(driver.stream, clock())
    driver.open()
    health.opened(clock())
    health.heard(driver.reading(Quality.OK))
    return health, driver, clock


def test_a_sensor_starts_before_its_first_reading_and_lives_after_it() -> None:
    clock = Clock()
    health = Health(stream(), clock())
    assert health.state(clock()) is State.STARTING
    assert health.why(clock())
    health, _, clock = alive()
    assert health.state(clock()) is State.LIVE
    assert health.why(clock()) == ""


@pytest.mark.parametrize(("rate_hz", "stale_s", "dead_s"), [(10.0, 1.0, 10.0), (1.0, 3.0, 10.0), (0.1, 30.0, 100.0)])
def test_silence_makes_stale_and_then_dead_at_the_declared_limits(
    rate_hz: float, stale_s: float, dead_s: float
) -> None:
    health, _, clock = alive(rate_hz)
    now = clock()
    assert health.state(now + round(stale_s * S)) is State.LIVE
    assert health.state(now + round(stale_s * S) + 1) is State.STALE
    assert health.state(now + round(dead_s * S)) is State.STALE
    assert health.state(now + round(dead_s * S) + 1) is State.DEAD


def test_a_late_sensor_says_for_how_long_and_what_is_allowed() -> None:
    health, _, clock = alive()
    assert health.why(clock() + round(2.4 * S)) == "no reading for 2.4 s (limit 1 s)"
    assert health.why(clock() + 12 * S) == "no reading for 12.0 s (limit 10 s)"


def test_a_sensor_that_reports_when_it_likes_is_never_late() -> None:
    health, _, clock = alive(rate_hz=None)
    assert health.state(clock() + 3600 * S) is State.LIVE
    assert not health.silent(clock() + 3600 * S)


def test_a_warming_sensor_is_not_live_yet() -> None:
    health, driver, clock = alive()
    health.heard(driver.reading(Quality.WARMING))
    assert health.state(clock()) is State.WARMING


@given(lost=st.lists(st.integers(0, 5), max_size=20))
def test_every_missing_sample_is_counted(lost: list[int]) -> None:
    health, driver, _ = alive()
    for missing in lost:
        driver.seq += missing
        health.heard(driver.reading(Quality.OK))
    assert health.counters.lost_samples == sum(lost)
    assert health.counters.gaps == sum(n > 0 for n in lost)
    assert health.counters.readings == health.counters.samples == 1 + len(lost)


def test_a_new_session_is_not_a_gap() -> None:
    health, driver, _ = alive()
    driver.seq += 40
    driver.open()
    health.heard(driver.reading(Quality.OK))
    assert health.counters.gaps == 0
    assert health.sessions == 2


def test_overflows_are_counted_by_the_flag_of_the_driver() -> None:
    health, driver, _ = alive()
    health.heard(driver.reading(Quality.OVERFLOW | Quality.GAP_BEFORE))
    assert (health.counters.overflows, health.counters.gaps) == (1, 1)


def test_the_period_of_a_microphone_is_its_block() -> None:
    health, driver, clock = alive(rate_hz=48_000.0)
    block = driver.reading(Quality.OK)
    health.heard(replace(block, data=block.data.repeat(96_000, axis=0)))
    assert health.stale_ns == 6 * S
    assert health.state(clock() + 5 * S) is State.LIVE
