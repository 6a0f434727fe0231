"""States and counters of one sensor."""

from dataclasses import replace

import numpy as np
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


def test_a_sensor_without_a_rate_is_late_by_what_it_has_done_so_far() -> None:
    health, driver, clock = alive(rate_hz=None)
    for _ in range(500):
        clock.pass_s(0.5)
        health.heard(driver.reading(Quality.OK))
    assert health.state(clock() + round(1.4 * S)) is State.LIVE
    assert health.state(clock() + round(1.6 * S)) is State.STALE
    assert health.state(clock() + 11 * S) is State.DEAD
    assert health.silent(clock() + 11 * S)


def test_a_rate_that_the_device_says_when_it_is_opened_is_taken() -> None:
    clock = Clock()
    health = Health(stream(None), clock())
    health.opened(clock(), stream(0.1))
    assert health.stream.nominal_rate_hz == 0.1
    assert (health.stale_ns, health.dead_ns) == (30 * S, 100 * S)
    heard_at(health, ScriptedDriver([], clock, rate_hz=0.1), clock, 0.1, 100.0)
    assert health.rate_hz == pytest.approx(0.1)


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


def test_a_reading_without_numbers_is_refused_and_no_sign_of_life() -> None:
    health, driver, clock = alive()
    clock.pass_s(2.4)
    bad = replace(driver.reading(Quality.OK), data=np.array([[1.0, np.nan]], np.float32))
    assert health.refuses(bad)
    assert not health.refuses(driver.reading(Quality.OK))
    assert health.counters.nonfinite == 1
    assert health.state(clock()) is State.STALE
    assert health.why(clock()) == "no reading for 2.4 s (limit 1 s); the last 1 brought nothing new or no numbers"


def test_a_frame_that_is_the_same_again_is_counted_and_no_sign_of_life() -> None:
    health, driver, clock = alive()
    for _ in range(20):
        clock.pass_s(0.1)
        health.heard(driver.reading(Quality.REPEATED))
    assert health.counters.repeated == 20
    assert health.counters.readings == 21
    assert health.state(clock()) is State.STALE
    clock.pass_s(0.1)
    health.heard(driver.reading(Quality.OK))
    assert health.state(clock()) is State.LIVE
    assert health.why(clock()) == ""


def test_a_saturated_sensor_lives_and_is_doubted_until_it_is_not_saturated() -> None:
    health, driver, clock = alive()
    health.heard(driver.reading(Quality.SATURATED))
    assert health.state(clock()) is State.LIVE
    assert health.counters.saturated == 1
    assert health.doubts == ("at the end of its range",)
    health.heard(driver.reading(Quality.OK))
    assert health.doubts == ()


def test_a_device_time_that_goes_back_is_seen_within_a_session_only() -> None:
    health, driver, _ = alive()
    times = [(0, 500), (0, 500), (0, 400), (0, 450), (1, 0)]
    found = [
        health.went_back(replace(driver.reading(Quality.OK), session=session, device_ns=device_ns))
        for session, device_ns in times
    ]
    assert found == [False, False, True, False, False]
    assert health.counters.clock_resets == 1


def heard_at(health: Health, driver: ScriptedDriver, clock: Clock, rate_hz: float, seconds: float) -> None:
    for _ in range(round(seconds * rate_hz)):
        clock.pass_s(1.0 / rate_hz)
        health.heard(driver.reading(Quality.OK))


@pytest.mark.parametrize("share", [0.5, 0.94, 1.06, 2.0])
def test_a_rate_that_is_off_is_measured_doubted_and_forgotten_within_ten_seconds(share: float) -> None:
    health, driver, clock = alive()
    heard_at(health, driver, clock, 10.0, 20.0)
    assert health.rate_hz == pytest.approx(10.0)
    assert not health.rate_off
    heard_at(health, driver, clock, 10.0 * share, 10.0)
    assert health.rate_hz == pytest.approx(10.0 * share)
    assert health.rate_off
    assert health.doubts == (f"{10.0 * share:.4g} Hz measured, 10 Hz declared (limit 5%)",)
    heard_at(health, driver, clock, 10.0, 10.0)
    assert not health.rate_off
    assert health.counters.wrong_rates == 1


@pytest.mark.parametrize("share", [0.96, 1.04])
def test_a_rate_within_a_few_per_cent_is_not_doubted(share: float) -> None:
    health, driver, clock = alive()
    heard_at(health, driver, clock, 10.0 * share, 30.0)
    assert health.rate_hz == pytest.approx(10.0 * share)
    assert not health.rate_off


def test_a_silence_is_no_wrong_rate() -> None:
    health, driver, clock = alive()
    heard_at(health, driver, clock, 10.0, 20.0)
    clock.pass_s(4.0)
    heard_at(health, driver, clock, 10.0, 20.0)
    assert health.counters.wrong_rates == 0
    assert health.rate_hz == pytest.approx(10.0)
