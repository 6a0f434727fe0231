"""The `[streams.NAME.driver]` table: which driver reads a live sensor, and with which options."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from qc_station.config.station import StationConfig, StreamConfig
from qc_station.errors import ConfigError
from sensors.driver import Driver
from sensors.errors import SensorError

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "waveform": {"type": "microphone", "device": "UMIK-1"},
    "image": {"type": "camera", "source": "/dev/v4l/by-path/...", "pixels": "y16"},
    "series": {"type": "serial_array", "port": "/dev/serial/by-id/...", "protocol": "csv"},
}
"""What stands in a new station.toml, commented out."""
BESIDE: Final = "./"
"""A value that begins so is a path below the station's folder."""


def driver_faults(name: str, stream: StreamConfig) -> list[str]:
    """What is wrong with the driver's table; no device is touched."""
    if stream.driver is None:
        return []
    try:
        _build(name, stream, Path())
    except SensorError as error:
        reason = str(error).removeprefix(f"stream '{name}': ")
        return [f"streams.{name}.driver: {reason}"]
    return []


def driver_builds(
    station: StationConfig, folder: Path, origin_ns: int | None = None
) -> dict[str, Callable[[], Driver]]:
    """What makes the driver of every stream.

    Args:
        station: Was loaded, so its tables have no fault.
        folder: Of the station, which paths beginning with `./` are below.
        origin_ns: CLOCK_MONOTONIC at which recordings that are shifted begin to play, the same for all of them.

    Raises:
        ConfigError: naming the streams without a driver.
    """
    without = [name for name, stream in station.streams.items() if stream.driver is None]
    if without:
        names = ", ".join(f"[streams.{name}.driver]" for name in without)
        raise ConfigError(f"{folder}: no table {names}; it says what reads the live sensor: type and options")
    return {name: partial(_build, name, stream, folder, origin_ns) for name, stream in station.streams.items()}


def _build(name: str, stream: StreamConfig, folder: Path, origin_ns: int | None = None) -> Driver:
    # Imported on use: most commands never touch a sensor.
    from sensors.registry import build, defaults_of, driver_class

    given = dict(stream.driver or {})
    kind = given.pop("type", None)
    if not isinstance(kind, str):
        raise SensorError(f"type = {kind!r}; allowed: the name of a driver")
    defaults = defaults_of(driver_class(kind), given)
    # What the stream declares need not be said twice; what is said in the driver's own table goes first.
    known = _declared(stream) | ({} if origin_ns is None else {"origin_ns": origin_ns})
    for key, value in known.items():
        # What the stream does not say leaves the driver its default.
        if key in defaults and key not in given and value is not None:
            given[key] = _suited(value, defaults[key])
    return build(kind, name, {key: resolved(value, folder) for key, value in given.items()})


def _declared(stream: StreamConfig) -> dict[str, Any]:
    """What a driver may want to know of its stream."""
    # Not the size of an image: what a camera is asked for may hold telemetry rows or a second half.
    channels = {} if stream.kind == "image" else {"channels": list(stream.channels)}
    # A driver that has to be told its units can have them from nobody else; one that knows them is compared.
    units = {} if stream.unit is None else {"units": list(stream.declared("").units or ())}
    return channels | units | {"rate_hz": stream.rate_hz}


def _suited(value: Any, default: Any) -> Any:
    """The same in the form that a driver counts in: a number of channels, a whole rate."""
    if isinstance(value, list) and isinstance(default, int):
        return len(value)
    if isinstance(value, float) and isinstance(default, int) and value.is_integer():
        return int(value)
    return value


def resolved(value: Any, folder: Path) -> Any:
    """An option, with a path that begins with `./` put below the station's folder."""
    if isinstance(value, str) and value.startswith(BESIDE):
        return str(folder / value)
    return value
