"""The whole simulated line behind real drivers."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from sensors.camera import Camera
from sensors.driver import Driver
from sensors.replay import Replay
from sensors.serial_array import SerialArray
from sensors.simulated.drivers import line_drivers
from sensors.simulated.faults.driver import FaultyDriver
from sensors.simulated.faults.fault import Fault
from sensors.simulated.line import START_NS, Passing
from sensors.simulated.wires.csv import CsvEncoder
from sensors.simulated.wires.current import Current
from sensors.simulated.wires.device import Device
from sensors.simulated.wires.encoder import Encoder
from sensors.simulated.wires.link import Link
from sensors.simulated.wires.pipe import Pipe
from sensors.simulated.wires.places import PLACES
from sensors.simulated.wires.sound import record
from sensors.simulated.wires.terminal import Terminal
from sensors.simulated.wires.y4m import Y4mEncoder
from sensors.streams import Stream

LEAD_NS = 300_000_000
"""The line is switched on so much later than the drivers are made, so that they can be opened before."""


class SimulatedWires:
    """A pseudo-terminal with a gas array, a named pipe with a thermal camera and a recording of a microphone.

    Times: what the line calls `START_NS` happens at `origin_ns` of the clock; `shift_ns` more than the times of the
    passings are those of the triggers.
    """

    def __init__(
        self,
        passings: Sequence[Passing],
        seed: int,
        folder: Path,
        *,
        faults: Mapping[str, Sequence[Fault]] | None = None,
        pixels: str = "y16",
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Nothing is there before `start`.

        Args:
            passings: What passes and when; at least one part.
            seed: Same seed, same samples.
            folder: For the names of port and pipe and for the recording; made if it is not there.
            faults: By stream; their times are those of `clock`.
            pixels: How the camera is to read the frames: y16 (degrees Celsius) or gray16 (hundredths of a kelvin).
            clock: CLOCK_MONOTONIC in nanoseconds.

        Raises:
            ValueError: a fault that cannot happen to its sensor.
        """
        self._passings, self._seed, self._folder = passings, seed, folder
        self._faults = {name: [one.fitted(PLACES[name]) for one in given] for name, given in (faults or {}).items()}
        self._pixels, self._clock = pixels, clock
        self._devices: list[Device] = []
        self._sounds: TemporaryDirectory[str] | None = None
        self.origin_ns = 0
        """When the line was switched on; 0 before `start`."""

    @property
    def shift_ns(self) -> int:
        """What is to be added to the time of a passing."""
        return self.origin_ns - START_NS

    @property
    def ended(self) -> bool:
        """Whether the last part has passed and the devices are off."""
        return all(device.ended for device in self._devices)

    def start(self) -> tuple[Driver, ...]:
        """Switch the line on.

        Returns:
            Drivers of the streams `acoustic`, `thermal` and `enose`, not opened yet.

        Raises:
            SensorNotFoundError: a library is missing.
            OSError: the folder cannot be written.
        """
        self.stop()
        self._folder.mkdir(parents=True, exist_ok=True)
        sound, heat, gas = line_drivers(self._passings, self._seed)
        # Its own folder each time: a replay plays everything that it finds in one.
        self._sounds = TemporaryDirectory(prefix="sound-", dir=self._folder)
        sounds = record(sound, Path(self._sounds.name))
        self.origin_ns = self._clock() + LEAD_NS
        camera, array = self._camera(heat), self._array(gas)
        for device in self._devices:
            device.start()
        return self._sound(sound.stream, sounds), camera, array

    def stop(self) -> None:
        """Switch the line off; may be called twice."""
        for device in self._devices:
            device.stop()
        self._devices = []
        if self._sounds is not None:
            self._sounds.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _sound(self, stream: Stream, folder: Path) -> Driver:
        replay = Replay(name=stream.name, recording=folder, shift=True, origin_ns=self.origin_ns, clock=self._clock)
        current, faults = Current(replay, clock=self._clock), self._faults.get(stream.name, ())
        return FaultyDriver(current, faults, self._clock) if faults else current

    def _camera(self, heat: Driver) -> Driver:
        pipe = Pipe(self._folder / f"{heat.stream.name}.y4m")
        self._devices.append(self._device(heat, Y4mEncoder(heat.stream), pipe))
        height, width = heat.stream.shape
        return Camera(
            name=heat.stream.name,
            source=str(pipe.path),
            pixels=self._pixels,
            width=width,
            height=height,
            rate_hz=heat.stream.nominal_rate_hz,
            clock=self._clock,
        )

    def _array(self, gas: Driver) -> Driver:
        terminal = Terminal(self._folder / f"{gas.stream.name}.tty")
        self._devices.append(self._device(gas, CsvEncoder(), terminal))
        return SerialArray(
            name=gas.stream.name,
            port=str(terminal.path),
            protocol="csv",
            channels=[f"channel-{number}" for number in range(gas.stream.shape[0])],
            units=gas.stream.units,
            rate_hz=gas.stream.nominal_rate_hz,
            clock=self._clock,
        )

    def _device(self, driver: Driver, encoder: Encoder, link: Link) -> Device:
        faults = self._faults.get(driver.stream.name, ())
        return Device(driver, encoder, link, faults=faults, origin_ns=self.origin_ns, clock=self._clock)


def start_wires(passings: Sequence[Passing], seed: int, folder: Path) -> tuple[SimulatedWires, tuple[Driver, ...]]:
    """The whole simulated line, switched on; see `SimulatedWires`.

    Returns:
        The line, to be stopped, and the drivers of `acoustic`, `thermal` and `enose`, to be opened.
    """
    wires = SimulatedWires(passings, seed, folder)
    return wires, wires.start()
