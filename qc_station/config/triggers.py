"""The `[trigger]` table: what says that a part is in front of the sensors, and with which options."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from qc_station.config.drivers import resolved
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.triggers.contract import TriggerSource
from sensors.errors import SensorError

EXAMPLE: Final[dict[str, Any]] = {"type": "http", "port": 8765}
"""What stands in a new station.toml, commented out."""


def trigger_faults(table: Mapping[str, Any], streams: Mapping[str, StreamConfig]) -> list[str]:
    """What is wrong with the table; nothing is touched.

    Args:
        table: As in station.toml.
        streams: Of the station, by name.
    """
    try:
        _build(table, streams, Path(), None)
    except SensorError as error:
        return [f"trigger: {error}"]
    return []


def trigger_source(station: StationConfig, folder: Path, origin_ns: int | None = None) -> TriggerSource | None:
    """What triggers at this station, not started; None where its table is missing.

    Args:
        station: Was loaded, so its table has no fault.
        folder: Of the station, which paths beginning with `./` are below.
        origin_ns: CLOCK_MONOTONIC at which a recording begins to play, for the sensors and for this.
    """
    return None if station.trigger is None else _build(station.trigger, station.streams, folder, origin_ns)


def _build(
    table: Mapping[str, Any], streams: Mapping[str, StreamConfig], folder: Path, origin_ns: int | None
) -> TriggerSource:
    # Imported on use: most stations that are loaded do not run.
    from qc_station.triggers.registry import build_source, source_names, source_options

    given = dict(table)
    kind = given.pop("type", None)
    if not isinstance(kind, str):
        raise SensorError(f"type = {kind!r}; allowed: {', '.join(source_names())}")
    options = source_options(kind)
    known = {} if origin_ns is None else {"origin_ns": origin_ns}
    if "stream" in options and "stream" in given:
        known |= _of_stream(given["stream"], streams)
    # What is known need not be said twice; what is said in the table goes first.
    given = {name: value for name, value in known.items() if name in options} | given
    return build_source(kind, {name: resolved(value, folder) for name, value in given.items()})


def _of_stream(name: Any, streams: Mapping[str, StreamConfig]) -> dict[str, Any]:
    """What a source may want to know of the stream that it listens to."""
    if name not in streams:
        raise SensorError(f"stream = {name!r}; allowed: {', '.join(streams)}")
    return {} if streams[name].rate_hz is None else {"rate_hz": streams[name].rate_hz}
