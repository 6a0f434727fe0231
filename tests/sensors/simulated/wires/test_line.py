"""The whole simulated line through real drivers, under supervision and in real time."""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from sensors.driver import Driver
from sensors.readings import Reading
from sensors.serial_array import SerialArray
from sensors.simulated.drivers import line_drivers
from sensors.simulated.faults.not_a_number import NotANumber
from sensors.simulated.faults.unplug import Unplug
from sensors.simulated.line import schedule
from sensors.simulated.parts import make_parts
from sensors.simulated.wires.csv import CsvEncoder
from sensors.simulated.wires.device import Device
from sensors.simulated.wires.line import SimulatedWires, start_wires
from sensors.simulated.wires.terminal import Terminal
from sensors.supervision.health import State
from sensors.supervision.station import Supervision
from tests.sensors.simulated.measured import GAS, Measured

PASSINGS = schedule(make_parts(1, 2), 1)
PATIENCE_S = 15.0
"""How long a test waits for another thread before it fails."""
S = 1_000_000_000


class Gathered:
    """Readings by stream, of which a test may wait for so many."""

    def __init__(self) -> None:
        self.readings: dict[str, list[Reading]] = {}
        self.changed = threading.Condition()

    def take(self, reading: Reading) -> None:
        with self.changed:
            self.readings.setdefault(reading.stream, []).append(reading)
            self.changed.notify_all()

    def of(self, stream: str, session: int = 0) -> list[Reading]:
        return [reading for reading in self.readings.get(stream, ()) if reading.session == session]

    def wait(self, stream: str, count: int, session: int = 0) -> list[Reading]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.of(stream, session)) >= count, PATIENCE_S)
        return self.of(stream, session)


def supervised(drivers: Iterable[Driver], gathered: Gathered) -> Supervision:
    return Supervision({driver.stream.name: lambda driver=driver: driver for driver in drivers}, gathered.take)


def test_all_three_streams_come_through_their_wires_as_they_were_simulated(tmp_path: Path) -> None:
    gathered = Gathered()
    wires, drivers = start_wires(PASSINGS, 1, tmp_path)
    with wires, supervised(drivers, gathered) as station:
        assert station.start() == {}
        found = {name: gathered.wait(name, 8) for name in ("acoustic", "thermal", "enose")}
        assert set(station.look().values()) == {State.LIVE}
        assert not any(health.counters.failures for health in station.healths.values())
    simulated = {driver.stream.name: driver for driver in line_drivers(PASSINGS, 1)}
    for name, readings in found.items():
        driver = simulated[name]
        driver.open()
        truth = [driver.read() for _ in range(40)]
        assert readings[0].seq == 0
        # Arrivals on this clock, minus the shift, are those of the simulation: later by what a wire takes.
        late_ns = [one.arrival_ns - wires.shift_ns - nearest(one, truth, name).arrival_ns for one in readings[3:8]]
        assert min(late_ns) >= 0
        assert min(late_ns) < 0.1 * S


def nearest(reading: Reading, truth: list[Reading], name: str) -> Reading:
    """The simulated reading that this one shows."""
    scale, offset = (0.01, -273.15) if name == "thermal" else (1.0, 0.0)
    errors = [float(np.abs(one.data * scale + offset - reading.data).max()) for one in truth]
    best = int(np.argmin(errors))
    assert errors[best] < 0.002
    return truth[best]


def test_the_line_can_be_stopped_twice_and_leaves_nothing(tmp_path: Path) -> None:
    wires = SimulatedWires(PASSINGS, 1, tmp_path / "line")
    wires.start()
    assert len(list((tmp_path / "line").iterdir())) == 3
    wires.stop()
    wires.stop()
    assert list((tmp_path / "line").iterdir()) == []


class Pulled(Unplug):
    """Unplugged for as long as a test says."""

    now = threading.Event()

    def active(self, now_ns: int) -> bool:  # noqa: ARG002
        return self.now.is_set()


def until(holds: Callable[[], bool]) -> None:
    pause, limit = threading.Event(), time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < limit
        pause.wait(0.01)


def test_a_cable_that_is_pulled_and_put_back_is_heard_again_within_ten_seconds(tmp_path: Path) -> None:
    gathered, terminal = Gathered(), Terminal(tmp_path / "gas")
    device = Device(Measured(GAS), CsvEncoder(), terminal, faults=[Pulled(start_ns=0, duration_s=float("inf"))])
    array = SerialArray(
        name="enose", port=str(terminal.path), protocol="csv", channels=("a", "b", "c", "d"), rate_hz=10.0
    )
    device.start()
    with supervised([array], gathered) as station:
        assert station.start() == {}
        health = station.healths["enose"]
        Pulled.now.set()
        until(lambda: station.look()["enose"] is State.REOPENING and "cannot open serial port" in health.reason)
        Pulled.now.clear()
        put_back_ns = time.monotonic_ns()
        back = gathered.wait("enose", 1, session=1)[0]
        assert back.arrival_ns - put_back_ns < 10 * S
        assert station.look()["enose"] is State.LIVE
        assert health.counters.reopenings >= 2
    device.stop()


@pytest.mark.parametrize("stream", ["acoustic", "thermal", "enose"])
def test_faults_reach_the_stream_that_they_were_meant_for(tmp_path: Path, stream: str) -> None:
    gone = Unplug(start_ns=0, duration_s=float("inf"))
    wires = SimulatedWires(PASSINGS, 1, tmp_path, faults={stream: [gone]})
    gathered = Gathered()
    with wires, supervised(wires.start(), gathered) as station:
        assert station.start().keys() == {stream}
        for name in station.healths.keys() - {stream}:
            gathered.wait(name, 2)
        assert gathered.of(stream) == []
        assert station.look()[stream] is State.REOPENING


def test_a_fault_that_cannot_happen_to_its_sensor_is_refused_before_anything_is_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="its samples are uint16"):
        SimulatedWires(PASSINGS, 1, tmp_path / "line", faults={"thermal": [NotANumber(start_ns=0, duration_s=1.0)]})
    assert not (tmp_path / "line").exists()
