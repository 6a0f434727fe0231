"""The simulated line as a floor of devices: a serial port, a camera, a sound, which any command reads by their drivers."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from qc_station.config.station import StationConfig
from qc_station.config.writing import write_station
from qc_station.line.simulation import station
from sensors.simulated.conditions import Conditions
from sensors.simulated.drivers import line_drivers
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.text import written
from sensors.simulated.line import START_NS, Pace, schedule
from sensors.simulated.mix import Mix
from sensors.simulated.parts import make_parts
from sensors.simulated.wires.csv import CsvEncoder
from sensors.simulated.wires.device import Device
from sensors.simulated.wires.pipe import Pipe
from sensors.simulated.wires.sound import record
from sensors.simulated.wires.terminal import Terminal
from sensors.simulated.wires.y4m import Y4mEncoder

FOLDER: Final = "wires"
"""Below the station's folder: port, pipe and sound."""
LEAD_NS: Final = 2_000_000_000
"""The line is switched on so much later than its station.toml is written, so that a person sees the first part."""


class WiredLine:
    """Devices of the simulated line, and the station.toml that names their drivers."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        parts: int,
        pace: Pace | None = None,
        mix: Mix | None = None,
        conditions: Conditions | None = None,
        faults: Mapping[str, Sequence[Fault]] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Write the station's folder; nothing moves before `start`.

        Args:
            folder: Of the station; its station.toml is written anew.
            seed: Same seed, same parts and samples.
            parts: How many pass.
            pace: How fast.
            mix: Which defects.
            conditions: What the floor does to the sensors.
            faults: What happens to each sensor, fitted to it, by the time of `clock`.
            clock: CLOCK_MONOTONIC in ns.

        Raises:
            ConfigError: the folder cannot be written.
            SensorNotFoundError: the library `mcap` is missing.
        """
        self.passings = schedule(make_parts(seed, parts, mix) if mix else make_parts(seed, parts), seed, pace)
        wires = folder.absolute() / FOLDER
        wires.mkdir(parents=True, exist_ok=True)
        for old in wires.glob("sound/*.mcap"):
            old.unlink()
        sound, heat, gas = line_drivers(self.passings, seed, conditions)
        triggers = [(passing.part.name, passing.time_ns) for passing in self.passings]
        sounds = record(sound, wires / "sound", triggers=triggers)
        self.origin_ns = clock() + LEAD_NS
        terminal, pipe = Terminal(wires / "enose.tty"), Pipe(wires / "thermal.y4m")
        given = faults or {}
        common: dict[str, Any] = {"origin_ns": self.origin_ns, "clock": clock}
        self.devices = {
            "thermal": Device(heat, Y4mEncoder(heat.stream), pipe, faults=given.get("thermal", ()), **common),
            "enose": Device(gas, CsvEncoder(), terminal, faults=given.get("enose", ()), **common),
        }
        self.station = _station(folder.name, sounds, pipe.path, terminal.path, self.origin_ns)
        self.station = _with_faults(self.station, given.get("acoustic", ()))
        write_station(folder, self.station, overwrite=True)

    @property
    def ended(self) -> bool:
        """Whether the last part has passed, or a device has failed."""
        return bool(self.failures) or all(device.ended for device in self.devices.values())

    @property
    def failures(self) -> dict[str, str]:
        """What went wrong in a simulated device itself, by stream; no fault that was asked for is among them."""
        return {name: device.failure for name, device in self.devices.items() if device.failure}

    def passed(self, now_ns: int) -> int:
        """How many parts have passed the trigger."""
        return sum(one.time_ns - START_NS + self.origin_ns <= now_ns for one in self.passings)

    def __enter__(self) -> Self:
        for device in self.devices.values():
            device.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for device in self.devices.values():
            device.stop()


def _station(name: str, sounds: Path, pipe: Path, port: Path, origin_ns: int) -> StationConfig:
    """The simulated station with the drivers that real sensors have."""
    config = station(name or "simulated-line")
    # Who comes late hears what is now, as the other two sensors show what is now.
    played = {"recording": str(sounds), "shift": True, "current": True, "origin_ns": origin_ns}
    thermal = config.streams["thermal"]
    frame = {"width": thermal.width, "height": thermal.height}
    drivers: dict[str, dict[str, Any]] = {
        "acoustic": {"type": "replay", **played},
        "thermal": {"type": "camera", "source": str(pipe), "pixels": "gray16", "unit": thermal.unit, **frame},
        "enose": {"type": "serial_array", "port": str(port), "protocol": "csv"},
    }
    streams = {n: msgspec.structs.replace(s, driver=drivers[n]) for n, s in config.streams.items()}
    return msgspec.structs.replace(config, streams=streams, trigger={"type": "recording", **played})


def _with_faults(config: StationConfig, faults: Sequence[Fault]) -> StationConfig:
    """The station with what happens to the sound: it is played by whoever reads it, so that its table has to say it."""
    if not faults:
        return config
    from_ns = min(fault.start_ns for fault in faults)
    happens = {"faults": [written(fault, from_ns) for fault in faults], "faults_from_ns": from_ns}
    sound = config.streams["acoustic"]
    table = {**(sound.driver or {}), "type": "faulty_replay", **happens}
    streams = {**config.streams, "acoustic": msgspec.structs.replace(sound, driver=table)}
    return msgspec.structs.replace(config, streams=streams)
