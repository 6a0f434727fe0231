"""One step of a driver at a time."""

from dataclasses import replace

import numpy as np
import pytest

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Quality, Reading
from sensors.supervision.attendant import Attendant
from sensors.supervision.backoff import Backoff
from sensors.supervision.health import Health, State
from tests.sensors.supervision.scripted import Clock, ScriptedDriver

OK = Quality.OK


class Station:
    def __init__(self, *script: object, opens: tuple[Exception | None, ...] = ()) -> None:
        self.clock, self.got = Clock(), list[Reading]()
        self.driver = ScriptedDriver(script, self.clock, opens)
        self.health = Health(self.driver.stream, self.clock())
        self.backoff = Backoff(lambda: 0.5)
        self.attendant = self.another(self.driver)

    def another(self, driver: ScriptedDriver) -> Attendant:
        return Attendant(driver, self.health, self.backoff, self.got.append, self.clock)

    def steps(self, count: int) -> list[float]:
        return [self.attendant.step() for _ in range(count)]

    @property
    def state(self) -> State:
        return self.health.state(self.clock())


def test_an_unplugged_sensor_is_closed_and_opened_again_in_a_new_session() -> None:
    station = Station(OK, SensorReadError("'/dev/ttyUSB0': device disconnected"), OK)
    waits = station.steps(3)
    assert station.state is State.REOPENING
    assert "disconnected" in station.health.reason
    assert waits[-1] > 0
    station.steps(2)
    assert station.state is State.LIVE
    assert [r.session for r in station.got] == [0, 1]
    assert station.health.counters.reopenings == 1
    assert station.driver.closed == 1


def test_a_sensor_that_is_not_there_is_looked_for_at_growing_intervals() -> None:
    station = Station(OK, opens=(SensorNotFoundError("no port"), SensorNotFoundError("no port"), None))
    waits = station.steps(4)
    assert waits == [*sorted(waits[:2]), 0.0, 0.0]
    assert station.state is State.LIVE
    assert station.health.counters.failures == 2


def test_a_silence_past_the_limit_closes_and_opens_the_device() -> None:
    station = Station(OK, None, None, OK)
    station.steps(3)
    station.clock.pass_s(10.1)
    assert station.state is State.DEAD
    assert station.attendant.step() > 0
    assert station.health.reason == "no reading for 10.1 s (limit 10 s)"
    station.steps(2)
    assert station.state is State.LIVE


def test_a_driver_that_raises_what_it_should_not_costs_its_sensor_only_a_reopening(
    caplog: pytest.LogCaptureFixture,
) -> None:
    station = Station(OK, ZeroDivisionError("division by zero"), OK)
    station.steps(5)
    assert station.health.counters.failures == 1
    assert len(station.got) == 2
    assert "what it should not" in caplog.text


def test_what_the_driver_counts_is_summed_over_its_reopenings() -> None:
    station = Station(OK, OK, SensorReadError("gone"), OK)
    station.steps(2)
    station.driver.counters["malformed"] = 7
    station.steps(2)
    assert station.health.counters.driver == {"malformed": 7}
    station.driver.counters = {"malformed": 2}
    station.steps(2)
    assert station.health.counters.driver == {"malformed": 9}


def test_an_abandoned_driver_delivers_nothing_any_more() -> None:
    station = Station(OK, OK)
    station.steps(2)
    station.attendant.abandoned = True
    station.steps(1)
    assert len(station.got) == 1


def test_a_replacement_never_repeats_a_session_number() -> None:
    station = Station(OK)
    station.steps(2)
    replacement = ScriptedDriver([OK], station.clock)
    station.attendant = station.another(replacement)
    station.steps(2)
    assert [r.session for r in station.got] == [0, 1]


def test_the_end_of_a_recording_is_not_a_failure() -> None:
    station = Station(OK)
    station.steps(3)
    assert station.attendant.ended
    assert station.health.counters.failures == 0
    assert station.driver.closed == 1


class Words(Station):
    """A station whose driver hands over these readings as they are."""

    def __init__(self, *readings: dict[str, object]) -> None:
        super().__init__(*([OK] * len(readings)))
        changes = iter(readings)
        plain = self.driver.reading
        self.driver.reading = lambda quality: replace(plain(quality), **next(changes))  # type: ignore[method-assign]


NAN = {"data": np.full((1, 2), np.nan, np.float32)}


def test_numbers_that_are_none_reach_nobody_and_the_next_reading_shows_the_gap() -> None:
    station = Words({}, NAN, NAN, {})
    station.steps(5)
    assert [reading.seq for reading in station.got] == [0, 3]
    counters = station.health.counters
    assert (counters.nonfinite, counters.gaps, counters.lost_samples, counters.failures) == (2, 1, 2, 0)


def test_a_sensor_that_delivers_no_numbers_for_long_is_opened_again() -> None:
    station = Words({}, NAN, {})
    station.steps(2)
    station.clock.pass_s(10.1)
    assert station.steps(1)[0] > 0
    assert station.state is State.REOPENING
    assert "no numbers" in station.health.reason
    station.steps(2)
    assert station.state is State.LIVE


def test_a_camera_that_is_frozen_for_long_is_opened_again() -> None:
    station = Station(OK, Quality.REPEATED, OK)
    station.steps(2)
    station.clock.pass_s(10.1)
    assert station.steps(1)[0] > 0
    assert "nothing new" in station.health.reason
    station.steps(2)
    assert station.state is State.LIVE
    assert [reading.quality for reading in station.got] == [OK, Quality.REPEATED, OK]


def test_a_device_whose_clock_went_back_begins_a_new_session() -> None:
    station = Words({"device_ns": 5}, {"device_ns": 2}, {"device_ns": 3})
    station.steps(3)
    assert station.health.reason == "the device was reset: its clock went back"
    station.steps(2)
    assert [(reading.session, reading.device_ns) for reading in station.got] == [(0, 5), (1, 3)]
    assert station.health.counters.clock_resets == 1
