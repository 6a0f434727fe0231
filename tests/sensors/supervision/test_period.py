"""How often a sensor ought to be heard."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from sensors.readings import Quality
from sensors.supervision.period import CYCLE_S, Period
from tests.sensors.supervision.scripted import Clock, S, ScriptedDriver, stream


def heard(period: Period, intervals_s: Iterable[float], session: int = 0) -> None:
    clock = Clock()
    driver = ScriptedDriver([], clock)
    for interval_s in intervals_s:
        clock.pass_s(interval_s)
        period.heard(replace(driver.reading(Quality.OK), session=session))


@pytest.mark.parametrize("kind", ["image", "waveform"])
def test_an_image_or_sound_of_unknown_rate_is_stale_after_a_second_and_dead_after_ten(kind: str) -> None:
    period = Period(replace(stream(None), kind=kind))
    assert (period.stale_ns, period.dead_ns) == (S, 10 * S)


def test_a_series_of_unknown_rate_may_take_a_heater_cycle_to_its_first_reading() -> None:
    period = Period(stream(None))
    assert (period.stale_ns, period.dead_ns) == (3 * CYCLE_S * S, 10 * CYCLE_S * S)


def test_a_slow_cycle_is_learnt_and_what_came_together_changes_nothing() -> None:
    period = Period(stream(None))
    heard(period, [0.0, *[20.0, 0.0, 0.0] * 4])
    assert (period.stale_ns, period.dead_ns) == (60 * S, 200 * S)


def test_a_fast_series_is_soon_known_to_be_fast() -> None:
    period = Period(stream(None))
    heard(period, [0.1] * 400)
    assert (period.stale_ns, period.dead_ns) == (S, 10 * S)


def test_a_pause_is_forgiven_and_then_forgotten() -> None:
    period = Period(replace(stream(None), kind="image"))
    heard(period, [0.1, 5.0])
    assert period.stale_ns == 15 * S
    heard(period, [0.1] * 300)
    assert period.stale_ns == S


def test_the_time_between_two_sessions_is_no_interval() -> None:
    period = Period(replace(stream(None), kind="image"))
    heard(period, [0.1])
    heard(period, [500.0], session=1)
    assert period.stale_ns == S
