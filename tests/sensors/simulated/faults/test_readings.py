"""Each fault between a driver and its attendant: what is seen, what is counted, and that the sensor comes back."""

from collections.abc import Callable

import numpy as np
import pytest

from sensors.conformance import CHECKS
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Quality, Reading
from sensors.simulated.faults.clock_drift import ClockDrift
from sensors.simulated.faults.clock_reset import ClockReset
from sensors.simulated.faults.driver import FaultyDriver
from sensors.simulated.faults.duplicates import Duplicates
from sensors.simulated.faults.frozen_shutter import FrozenShutter
from sensors.simulated.faults.garbage import Garbage
from sensors.simulated.faults.half_frames import HalfFrames
from sensors.simulated.faults.hang import Hang
from sensors.simulated.faults.not_a_number import NotANumber
from sensors.simulated.faults.overflow import Overflow
from sensors.simulated.faults.saturation import Saturation
from sensors.simulated.faults.unplug import Unplug
from sensors.simulated.faults.wrong_baud import WrongBaud
from sensors.simulated.faults.wrong_rate import WrongRate
from sensors.simulated.line import START_NS
from sensors.supervision.health import State
from sensors.supervision.reader import SupervisedReader
from tests.sensors.simulated.faults.floor import BACK_S, BEGIN_S, Floor, at, on_a_driver
from tests.sensors.simulated.measured import GAS, HEAT, SOUND, Measured
from tests.sensors.supervision.scripted import Clock, S

BLOCK = 1600
"""A tenth of a second of sound."""


def begun(floor: Floor) -> Floor:
    """Up to the moment at which the fault begins: nothing has happened yet."""
    floor.run(BEGIN_S - floor.tick_s)
    assert set(floor.states) == {State.LIVE}
    assert not floor.doubts
    counters = floor.counters
    assert not any((counters.gaps, counters.failures, counters.nonfinite, counters.repeated, counters.saturated))
    return floor


def test_an_unplugged_sensor_is_reopened_until_it_is_there_again() -> None:
    floor = begun(on_a_driver(GAS, at(Unplug, 6.0)))
    assert floor.run(6.0) == {State.REOPENING}
    assert "unplugged" in floor.health.reason
    assert floor.counters.failures >= 3
    floor.back_after_s()
    assert floor.got[-1].session == 1
    assert floor.health.reason == ""


class Replaced:
    """A supervised reader whose threads are functions that the test calls, and whose time passes where a driver hangs."""

    def __init__(self, hang_s: float) -> None:
        self.clock, self.works, self.states = Clock(START_NS), list[Callable[[], None]](), list[State]()
        self.faults, self.got = [at(Hang, hang_s)], list[Reading]()
        self.reader = SupervisedReader(self.build, self.got.append, clock=self.clock, spawn=self.spawn)

    def build(self) -> FaultyDriver:
        # Each one as a device that is found where time now stands.
        driver = Measured(GAS, count=300)
        driver.index = round((self.clock() - START_NS) / S * 10)
        read, driver.read = driver.read, lambda: self.in_time(read())
        return FaultyDriver(driver, self.faults, self.clock, sleep=self.sleep)

    def spawn(self, _name: str, work: Callable[[], None]) -> Callable[[], bool]:
        self.works.append(work)
        return lambda: True

    def in_time(self, reading: Reading) -> Reading:
        self.clock.now_ns = max(self.clock.now_ns, reading.arrival_ns)
        return reading

    def sleep(self, seconds: float) -> None:
        self.clock.pass_s(seconds)
        self.states.append(self.reader.look())


def test_a_driver_that_hangs_for_long_is_replaced_and_the_sensor_is_back() -> None:
    floor = Replaced(hang_s=8.0)
    floor.reader.start()
    floor.works[0]()
    assert sorted(set(floor.states), key=floor.states.index) == [State.LIVE, State.STALE, State.DEAD]
    assert floor.reader.health.counters.abandoned == 1
    assert "not come back" in floor.reader.health.reason
    ended_ns = floor.clock()
    floor.works[1]()
    assert floor.reader.health.state(floor.got[-1].arrival_ns) is State.LIVE
    back = next(reading for reading in floor.got if reading.session == 1)
    assert back.arrival_ns - ended_ns <= BACK_S * S


def test_a_driver_that_hangs_for_a_moment_is_stale_and_keeps_its_session() -> None:
    floor = Replaced(hang_s=4.0)
    floor.reader.start()
    floor.works[0]()
    assert set(floor.states) == {State.LIVE, State.STALE}
    assert floor.reader.health.counters.abandoned == 0
    assert {reading.session for reading in floor.got} == {0}
    assert floor.reader.health.state(floor.clock()) in (State.LIVE, State.STALE)


@pytest.mark.parametrize("fault", [Garbage, WrongBaud])
def test_readings_that_no_decoder_could_read_are_missing_and_counted(fault: type[Garbage | WrongBaud]) -> None:
    floor = begun(on_a_driver(GAS, at(fault, 3.0)))
    assert State.STALE in floor.run(3.0)
    floor.back_after_s()
    assert floor.counters.driver["lost"] == 30
    assert (floor.counters.gaps, floor.counters.lost_samples) == (1, 30)


def test_half_blocks_of_sound_are_gaps_of_the_other_half() -> None:
    floor = begun(on_a_driver(SOUND, at(HalfFrames, 2.0), block=BLOCK))
    assert floor.run(2.0) == {State.LIVE}
    floor.back_after_s()
    assert floor.counters.gaps == 20
    assert floor.counters.lost_samples == 20 * BLOCK // 2


def test_half_of_a_single_frame_is_none() -> None:
    floor = begun(on_a_driver(HEAT, at(HalfFrames, 3.0)))
    assert State.STALE in floor.run(3.0)
    floor.back_after_s()
    assert floor.counters.lost_samples == 30


def test_frames_that_come_twice_are_counted_and_their_rate_is_doubted() -> None:
    floor = begun(on_a_driver(HEAT, at(Duplicates, 10.0)))
    assert floor.run(10.0) == {State.LIVE}
    assert floor.counters.repeated == 100
    assert floor.health.doubts == ("20 Hz measured, 10 Hz declared (limit 5%)",)
    assert floor.counters.wrong_rates == 1
    floor.back_after_s(doubted=True)
    assert floor.counters.gaps == 0


def test_a_frozen_shutter_is_stale_then_dead_and_back_when_it_opens() -> None:
    floor = begun(on_a_driver(HEAT, at(FrozenShutter, 12.0)))
    states = floor.run(9.9)
    assert states == {State.LIVE, State.STALE}
    assert "nothing new" in floor.health.why(floor.clock())
    floor.run(2.1)
    assert floor.counters.failures == 1
    assert floor.counters.repeated >= 100
    floor.back_after_s()
    frozen = [reading for reading in floor.got if reading.quality & Quality.REPEATED]
    assert all(np.array_equal(one.data, frozen[0].data) for one in frozen[:90])


def test_an_overflow_is_counted_with_every_sample_that_it_cost() -> None:
    floor = begun(on_a_driver(SOUND, at(Overflow, 4.0), block=BLOCK))
    floor.run(4.0)
    floor.back_after_s()
    assert floor.counters.overflows == 10
    assert floor.counters.lost_samples == 30 * BLOCK
    flagged = [reading for reading in floor.got if reading.quality]
    assert {reading.quality for reading in flagged} == {Quality.OVERFLOW | Quality.GAP_BEFORE}


@pytest.mark.parametrize("factor", [0.8, 1.25])
@pytest.mark.parametrize(("stream", "block"), [(GAS, 1), (SOUND, BLOCK)])
def test_a_wrong_rate_is_measured_and_doubted_until_it_is_right(stream: object, block: int, factor: float) -> None:
    floor = begun(on_a_driver(stream, at(WrongRate, 12.0, factor=factor), block=block))
    assert floor.run(12.0) <= {State.LIVE}
    declared_hz = floor.health.stream.nominal_rate_hz
    # A gas array of ten samples a second makes eight, which beat with the windows in which they are counted.
    assert floor.health.rate_hz == pytest.approx(factor * declared_hz, rel=0.05)
    assert floor.counters.wrong_rates == 1
    floor.back_after_s(doubted=True)
    assert floor.health.rate_hz == pytest.approx(declared_hz, rel=0.05)
    assert floor.counters.gaps == 0


def test_no_number_reaches_nobody_and_makes_the_sensor_stale() -> None:
    floor = begun(on_a_driver(GAS, at(NotANumber, 4.0, channel=2)))
    assert floor.run(4.0) == {State.LIVE, State.STALE}
    assert "no numbers" in floor.health.why(floor.clock())
    floor.back_after_s()
    assert floor.counters.nonfinite == 40
    assert (floor.counters.gaps, floor.counters.lost_samples) == (1, 40)
    assert all(reading.finite for reading in floor.got)


def test_a_sensor_without_numbers_for_long_is_opened_again() -> None:
    floor = begun(on_a_driver(GAS, at(NotANumber, 12.0)))
    assert State.REOPENING in floor.run(12.0)
    floor.back_after_s()
    assert floor.got[-1].session == 1


def test_a_saturated_sensor_is_doubted_until_it_is_not() -> None:
    floor = begun(on_a_driver(SOUND, at(Saturation, 3.0), block=BLOCK))
    assert floor.run(3.0) == {State.LIVE}
    assert floor.health.doubts == ("at the end of its range",)
    assert floor.counters.saturated == 30
    assert int(floor.got[-1].data.min()) == 32767
    floor.back_after_s(doubted=True)


@pytest.mark.parametrize("ppm", [-300.0, 150.0])
def test_a_drift_is_measured_to_a_few_ppm_and_the_sensor_lives_through_it_and_its_end(ppm: float) -> None:
    floor = begun(on_a_driver(SOUND, at(ClockDrift, 140.0, ppm=ppm), block=BLOCK))
    assert floor.run(140.0) == {State.LIVE}
    assert floor.health.drift.ppm == pytest.approx(ppm, abs=5.0)
    assert floor.back_after_s() <= BACK_S
    assert floor.run(BACK_S) == {State.LIVE}
    assert not floor.doubts
    # Over minutes is measured over two of them, and so is the end of a drift.
    floor.run(120.0)
    assert floor.health.drift.ppm == pytest.approx(0.0, abs=5.0)
    counters = floor.counters
    assert (counters.wrong_rates, counters.gaps, counters.failures, counters.reopenings) == (0, 0, 0, 0)


@pytest.mark.parametrize("ppm", [-80_000.0, 80_000.0])
def test_a_drift_as_large_as_a_wrong_rate_is_seen_counted_and_over_ten_seconds_after_its_end(ppm: float) -> None:
    floor = begun(on_a_driver(SOUND, at(ClockDrift, 10.0, ppm=ppm), block=BLOCK))
    assert floor.run(10.0) == {State.LIVE}
    assert floor.health.drift.ppm is not None
    assert floor.health.drift.ppm * np.sign(ppm) > 10_000.0
    assert floor.counters.wrong_rates == 1
    assert floor.health.rate_hz == pytest.approx(16_000.0 / (1.0 - ppm * 1e-6), rel=0.01)
    assert "Hz measured, 1.6e+04 Hz declared" in "; ".join(floor.health.doubts)
    assert floor.back_after_s(doubted=True) <= BACK_S
    assert floor.health.rate_hz == pytest.approx(16_000.0, rel=0.05)
    arrivals = [reading.arrival_ns for reading in floor.got]
    assert arrivals == sorted(arrivals)
    assert floor.counters.failures == 0


def test_a_clock_that_began_anew_begins_a_session() -> None:
    floor = begun(on_a_driver(GAS, at(ClockReset, 2.0)))
    floor.run(2.0)
    floor.back_after_s()
    assert floor.counters.clock_resets == 1
    assert "clock went back" not in floor.health.reason
    assert floor.got[-1].session == 1
    times = [reading.device_ns for reading in floor.got]
    assert times[-1] < times[0]


def test_two_faults_at_once_both_act() -> None:
    floor = begun(on_a_driver(SOUND, at(Overflow, 4.0), at(Saturation, 4.0), block=BLOCK))
    floor.run(4.0)
    assert (floor.counters.overflows, floor.counters.saturated) == (10, 10)
    floor.back_after_s(doubted=True)


def test_an_unplugged_driver_says_so_in_its_own_exceptions() -> None:
    clock = Clock(START_NS)
    driver = FaultyDriver(Measured(GAS), [Unplug(start_ns=START_NS + S, duration_s=5.0)], clock)
    driver.open()
    clock.pass_s(1.0)
    with pytest.raises(SensorReadError, match="'enose'"):
        driver.read()
    driver.close()
    with pytest.raises(SensorNotFoundError, match="'enose'"):
        driver.open()


def test_saturation_of_fractions_needs_to_be_told_the_end_of_the_range() -> None:
    fault = Saturation(start_ns=0, duration_s=1.0)
    with pytest.raises(ValueError, match="float32"):
        fault.measured(np.zeros((1, 4), np.float32), None)
    assert Saturation(start_ns=0, duration_s=1.0, level=99.0).measured(np.zeros((1, 4), np.float32), None)[0, 0] == 99.0


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_without_faults_it_is_a_driver_like_any_other(check: object) -> None:
    check(lambda: FaultyDriver(Measured(HEAT), []))


@pytest.mark.parametrize("fault", [Unplug, Garbage, FrozenShutter, NotANumber, ClockReset])
def test_readings_before_and_after_a_fault_are_those_of_the_driver(fault: type) -> None:
    faulty, plain = on_a_driver(GAS, at(fault, 2.0)), on_a_driver(GAS)
    for floor in (faulty, plain):
        floor.run(30.0)
    begin_ns = START_NS + round(BEGIN_S * S)
    untouched = {one.arrival_ns: one.data.tobytes() for one in plain.got}
    outside = [one for one in faulty.got if not begin_ns <= one.arrival_ns < begin_ns + 2 * S]
    assert len(outside) >= 240
    assert all(untouched[one.arrival_ns] == one.data.tobytes() for one in outside)
