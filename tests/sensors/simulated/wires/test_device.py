"""When a device speaks, when it is silent, and that it says so when it breaks down."""

import threading

from sensors.simulated.faults.clock_drift import ClockDrift
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.frozen_shutter import FrozenShutter
from sensors.simulated.faults.hang import Hang
from sensors.simulated.faults.saturation import Saturation
from sensors.simulated.faults.unplug import Unplug
from sensors.simulated.wires.csv import CsvEncoder
from sensors.simulated.wires.device import LATE_NS, TICK_S, Device
from sensors.simulated.wires.jsonl import JsonlEncoder
from sensors.simulated.wires.y4m import Y4mEncoder
from tests.sensors.simulated.measured import GAS, HEAT, Measured, gas
from tests.sensors.simulated.wires.memory import MemoryLink
from tests.sensors.supervision.scripted import Clock, S


def device(link: MemoryLink, clock: Clock, *faults: Fault, count: int | None = None) -> Device:
    return Device(Measured(GAS, count=count), CsvEncoder(), link, faults=faults, clock=clock)


def run(one: Device, clock: Clock, seconds: float) -> None:
    one.step()
    for _ in range(round(seconds * 100)):
        clock.pass_s(0.01)
        one.step()


def test_each_sample_is_sent_when_its_time_has_come() -> None:
    clock, link = Clock(), MemoryLink()
    one = device(link, clock)
    one.step()
    assert link.chunks == []
    run(one, clock, 0.35)
    assert link.chunks == CsvEncoder().chunks(gas(0, 3), 0)


def test_the_wait_is_short_enough_to_see_a_fault_begin() -> None:
    clock, link = Clock(), MemoryLink()
    one = device(link, clock)
    assert one.step() == TICK_S
    clock.pass_s(0.095)
    assert abs(one.step() - 0.005) < 1e-9


def test_the_line_is_switched_on_at_the_given_moment() -> None:
    clock, link = Clock(), MemoryLink()
    one = Device(Measured(GAS), CsvEncoder(), link, origin_ns=clock() + S, clock=clock)
    run(one, clock, 1.05)
    assert link.chunks == []
    run(one, clock, 0.1)
    assert len(link.chunks) == 1


def test_what_is_measured_while_nobody_listens_is_not_sent_later() -> None:
    clock, link = Clock(), MemoryLink(listening=False)
    one = device(link, clock)
    run(one, clock, 1.05)
    link.listen()
    run(one, clock, 0.1)
    assert link.chunks == CsvEncoder().chunks(gas(10, 1), 0)
    assert one.counters == {"sent": 1, "unheard": 10, "late": 0}


def test_a_host_that_was_asleep_gets_the_last_second_only() -> None:
    clock, link = Clock(), MemoryLink()
    one = device(link, clock)
    one.step()
    clock.pass_s(10.0)
    one.step()
    assert one.counters["sent"] == LATE_NS // (S // 10) + 1
    assert one.counters["late"] == 100 - one.counters["sent"]


def test_everyone_who_begins_to_listen_gets_the_header_first() -> None:
    clock, link = Clock(), MemoryLink()
    encoder = Y4mEncoder(HEAT)
    one = Device(Measured(HEAT), encoder, link, clock=clock)
    run(one, clock, 0.15)
    link.listen()
    run(one, clock, 0.1)
    assert [chunk == encoder.header for chunk in link.chunks] == [True, False, True, False]


def test_a_device_is_unplugged_and_plugged_in_when_the_fault_says_so() -> None:
    clock, link = Clock(), MemoryLink()
    one = device(link, clock, Unplug(start_ns=clock() + S, duration_s=0.5))
    run(one, clock, 2.0)
    assert link.log == ["plug", "unplug", "plug"]
    assert one.counters == {"sent": 15, "unheard": 5, "late": 0}


def test_a_device_that_hangs_goes_on_measuring() -> None:
    clock, link = Clock(), MemoryLink()
    one = device(link, clock, Hang(start_ns=clock() + S, duration_s=0.5))
    run(one, clock, 2.0)
    lines = CsvEncoder().chunks(gas(0, 20), 0)
    assert link.chunks == lines[:9] + lines[14:]


def test_a_frozen_device_sends_what_it_saw_last() -> None:
    clock, link = Clock(), MemoryLink()
    one = device(link, clock, FrozenShutter(start_ns=clock() + S // 4, duration_s=0.5))
    run(one, clock, 1.0)
    assert [link.chunks.count(chunk) for chunk in link.chunks] == [1, 6, 6, 6, 6, 6, 6, 1, 1, 1]


def test_a_device_whose_clock_runs_ahead_sends_earlier() -> None:
    clock, link = Clock(), MemoryLink()
    drift = ClockDrift(start_ns=clock(), duration_s=100.0, ppm=100_000.0)
    one = Device(Measured(GAS), JsonlEncoder(("a", "b", "c", "d")), link, faults=[drift], clock=clock)
    run(one, clock, 10.0)
    assert len(link.chunks) == 110
    assert b'"ms":11000,' in link.chunks[-1]


def test_a_device_that_has_nothing_more_to_play_is_pulled_out() -> None:
    clock, link = Clock(), MemoryLink()
    one = device(link, clock, count=5)
    run(one, clock, 1.0)
    assert one.ended
    assert link.log == ["plug", "unplug"]
    assert len(link.chunks) == 5


def test_a_device_can_be_stopped_twice_and_started_again() -> None:
    clock, link = Clock(), MemoryLink()
    one = device(link, clock)
    run(one, clock, 0.15)
    one.stop()
    one.stop()
    assert not link.plugged
    run(one, clock, 0.01)
    assert link.plugged


def test_a_device_that_breaks_down_is_gone_and_says_why() -> None:
    clock, link = Clock(), MemoryLink()
    # Fitted to no sensor: nobody has told it where the range of fractions ends.
    one = device(link, clock, Saturation(start_ns=clock(), duration_s=10.0))
    one.start()
    (running,) = (thread for thread in threading.enumerate() if thread.name == "device enose")
    clock.pass_s(0.5)
    running.join(timeout=10)
    assert not running.is_alive()
    assert one.ended
    assert one.failure.startswith("ValueError: saturation of float32 samples needs a level")
    assert link.log == ["plug", "unplug"]
    one.stop()


def test_a_device_that_has_played_everything_has_not_failed() -> None:
    clock, link = Clock(), MemoryLink()
    one = device(link, clock, count=2)
    run(one, clock, 1.0)
    assert one.ended
    assert one.failure == ""
