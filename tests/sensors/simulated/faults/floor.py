"""A sensor under supervision on a floor where things happen; one clock that the test moves, and no thread waits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sensors.driver import Driver
from sensors.readings import Reading
from sensors.serial_array import SerialArray
from sensors.simulated.faults.driver import FaultyDriver
from sensors.simulated.faults.fault import Fault
from sensors.simulated.line import START_NS
from sensors.simulated.wires.csv import CsvEncoder
from sensors.simulated.wires.device import Device
from sensors.simulated.wires.encoder import Encoder
from sensors.simulated.wires.terminal import Terminal
from sensors.streams import Stream
from sensors.supervision.attendant import Attendant
from sensors.supervision.backoff import Backoff
from sensors.supervision.health import Counters, Health, State
from tests.sensors.simulated.measured import GAS, Measured
from tests.sensors.supervision.scripted import Clock, S

BEGIN_S = 10.0
"""When a fault begins; by then every measurement of health has its first result."""
NAMES = ("r0", "r1", "r2", "r3")
BACK_S = 10.0
"""Within so long a sensor has to be back."""


def at(fault: type[Fault], seconds: float, **options: Any) -> Fault:
    """A fault that begins after `BEGIN_S`."""
    return fault(start_ns=START_NS + round(BEGIN_S * S), duration_s=seconds, **options)


class Floor:
    """One sensor with its attendant; `run` lets time pass."""

    def __init__(self, driver: Driver, clock: Clock, device: Device | None = None, *, tick_s: float = 0.1) -> None:
        self.driver, self.clock, self.device, self.tick_s = driver, clock, device, tick_s
        self.health, self.got = Health(driver.stream, clock()), list[Reading]()
        self.attendant = Attendant(driver, self.health, Backoff(lambda: 0.5), self.got.append, clock)
        self.states: list[State] = []
        self.doubts: set[str] = set()
        self._not_before_ns, self._came = 0, False
        driver.read = self._watched(driver.read)  # type: ignore[method-assign]
        if device is not None:
            device.step()

    @property
    def counters(self) -> Counters:
        return self.health.counters

    @property
    def state(self) -> State:
        return self.health.state(self.clock())

    def run(self, seconds: float) -> set[State]:
        """Let time pass; returns the states meanwhile."""
        first = len(self.states)
        for _ in range(round(seconds / self.tick_s)):
            self._tick()
        return set(self.states[first:])

    def back_after_s(self, *, doubted: bool = False) -> float:
        """Let time pass until the sensor lives and delivers, and is not doubted any more if it was."""
        before, began_ns = len(self.got), self.clock()
        while not (len(self.got) > before and self.state is State.LIVE and not (doubted and self.health.doubts)):
            self._tick()
            assert self.clock() - began_ns <= BACK_S * S, f"not back: {self.health.why(self.clock())}"
        return (self.clock() - began_ns) / S

    def _tick(self) -> None:
        self.clock.pass_s(self.tick_s)
        if self.device is not None:
            self.device.step()
        self._attend()
        self.states.append(self.state)
        self.doubts.update(self.health.doubts)

    def _attend(self) -> None:
        """What the thread of the sensor does in this time: until nothing comes, or the device is closed for a while."""
        self._came = True
        while self._came and self.clock() >= self._not_before_ns:
            wait_s = self.attendant.step()
            if wait_s > 0:
                self._not_before_ns = self.clock() + round(wait_s * S)

    def _watched(self, read: Callable[[], Reading | None]) -> Callable[[], Reading | None]:
        """Remembers whether anything came."""

        def watched() -> Reading | None:
            self._came = False
            reading = read()
            self._came = reading is not None
            return reading

        return watched


def on_a_driver(stream: Stream, *faults: Fault, block: int = 1) -> Floor:
    """Faults between a driver and its attendant."""
    clock = Clock(START_NS)
    driver = FaultyDriver(Measured(stream, block=block, clock=clock), faults, clock, sleep=clock.pass_s)
    return Floor(driver, clock, tick_s=block / (stream.nominal_rate_hz or 1.0))


def on_a_terminal(
    folder: Path, *faults: Fault, encoder: Encoder | None = None, protocol: str = "csv", **options: Any
) -> Floor:
    """Faults on a serial line, which the real driver reads."""
    clock = Clock(START_NS)
    terminal = Terminal(folder / "gas")
    device = Device(Measured(GAS), encoder or CsvEncoder(), terminal, faults=faults, clock=clock)
    driver = SerialArray(
        name="enose", port=str(terminal.path), protocol=protocol, channels=NAMES, rate_hz=10.0, clock=clock, **options
    )
    return Floor(driver, clock, device)
