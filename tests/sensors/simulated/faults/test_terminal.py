"""Each fault of a serial line, over a real terminal and the real driver: what is seen and counted, and that it comes back."""

from pathlib import Path

import pytest

import sensors.serial_array
from sensors.readings import Quality
from sensors.simulated.faults.clock_reset import ClockReset
from sensors.simulated.faults.duplicates import Duplicates
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.garbage import Garbage
from sensors.simulated.faults.half_frames import HalfFrames
from sensors.simulated.faults.hang import Hang
from sensors.simulated.faults.not_a_number import NotANumber
from sensors.simulated.faults.overflow import Overflow
from sensors.simulated.faults.unplug import Unplug
from sensors.simulated.faults.wrong_baud import WrongBaud
from sensors.simulated.faults.wrong_rate import WrongRate
from sensors.simulated.wires.jsonl import JsonlEncoder
from sensors.supervision.health import State
from tests.sensors.simulated.faults.floor import BEGIN_S, NAMES, Floor, at, on_a_terminal
from tests.sensors.simulated.measured import gas


@pytest.fixture(autouse=True)
def no_long_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on the line is there already; a sample that the kernel hands on later comes with the next one."""
    monkeypatch.setattr(sensors.serial_array, "WAIT_S", 0.002)


def begun(floor: Floor) -> Floor:
    """Up to the moment at which the fault begins; nothing is wrong before it."""
    floor.run(BEGIN_S - floor.tick_s)
    assert floor.state is State.LIVE
    assert not floor.doubts
    assert not any((*floor.counters.driver.values(), floor.counters.failures))
    return floor


def ended(floor: Floor) -> None:
    """Switch off."""
    floor.attendant.close()
    floor.device.stop()


@pytest.mark.parametrize(
    ("fault", "counter"),
    [
        (Garbage, "malformed_lines"),
        (HalfFrames, "overlong_lines"),
        (WrongBaud, "overlong_lines"),
        (Overflow, "malformed_lines"),
        (NotANumber, "malformed_lines"),
    ],
)
def test_lines_that_cannot_be_read_are_counted_and_no_number_is_made_of_them(
    tmp_path: Path, fault: type[Fault], counter: str
) -> None:
    # Half lines have no end: it takes fifty of them to grow too long for a line.
    floor = begun(on_a_terminal(tmp_path, at(fault, 8.0)))
    assert floor.run(8.0) == {State.LIVE, State.STALE}
    assert floor.counters.driver[counter] > 0
    assert floor.back_after_s() < 2.0
    sent = {tuple(round(float(value), 3) for value in line) for line in gas(0, 400)}
    assert {tuple(round(float(value), 3) for value in reading.data[0]) for reading in floor.got} <= sent
    assert floor.counters.gaps >= 1
    assert floor.counters.failures == 0
    ended(floor)


def test_a_cable_that_is_pulled_and_put_back_is_found_under_its_old_name(tmp_path: Path) -> None:
    floor = begun(on_a_terminal(tmp_path, at(Unplug, 5.0)))
    assert floor.run(5.0) == {State.REOPENING}
    assert "cannot open serial port" in floor.health.reason
    assert floor.counters.failures >= 3
    floor.back_after_s()
    assert floor.got[-1].session == 1
    assert floor.health.reason == ""
    ended(floor)


def test_a_device_that_says_nothing_is_opened_again_and_heard_when_it_speaks(tmp_path: Path) -> None:
    floor = begun(on_a_terminal(tmp_path, at(Hang, 12.0)))
    states = floor.run(12.0)
    assert states >= {State.LIVE, State.STALE, State.REOPENING}
    assert floor.counters.failures == 1
    assert "no reading" in floor.health.reason
    floor.back_after_s()
    ended(floor)


def test_lines_that_come_twice_are_seen_by_their_rate(tmp_path: Path) -> None:
    floor = begun(on_a_terminal(tmp_path, at(Duplicates, 10.0)))
    assert State.DEAD not in floor.run(10.0)
    assert floor.health.rate_hz == pytest.approx(20.0, rel=0.05)
    assert floor.counters.wrong_rates == 1
    floor.back_after_s(doubted=True)
    ended(floor)


def test_a_device_at_another_rate_is_doubted_until_it_is_right(tmp_path: Path) -> None:
    floor = begun(on_a_terminal(tmp_path, at(WrongRate, 10.0, factor=0.5)))
    floor.run(10.0)
    assert floor.health.rate_hz == pytest.approx(5.0, rel=0.05)
    assert floor.health.rate_off
    floor.back_after_s(doubted=True)
    assert floor.counters.wrong_rates == 1
    ended(floor)


def test_a_device_that_starts_again_begins_a_session(tmp_path: Path) -> None:
    options = {"encoder": JsonlEncoder(NAMES), "protocol": "jsonl", "time_key": "ms"}
    floor = begun(on_a_terminal(tmp_path, at(ClockReset, 2.0), **options))
    assert floor.run(2.0) == {State.LIVE, State.STALE}
    floor.run(1.0)
    assert floor.counters.failures == 1
    floor.back_after_s()
    assert floor.got[-1].session == 1
    assert floor.got[-1].device_ns < floor.got[0].device_ns + 5_000_000_000
    assert not floor.got[-1].quality & Quality.OVERFLOW
    ended(floor)


@pytest.mark.parametrize(("baud", "counted"), [(9600, False), (230400, True)])
def test_a_port_that_is_opened_at_another_speed_delivers_nothing(tmp_path: Path, baud: int, counted: bool) -> None:
    floor = on_a_terminal(tmp_path, baud=baud)
    floor.run(11.0)
    assert floor.got == []
    assert floor.state is State.REOPENING
    assert floor.counters.failures == 1
    # A listener that is twelve times too slow reads two bytes of a line: in ten seconds too few to call them one.
    assert bool(sum(floor.counters.driver.values())) is counted
    ended(floor)
