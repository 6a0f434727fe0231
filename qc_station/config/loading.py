"""Reads station.toml and reports every fault in it at once."""

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec import NODEFAULT, Struct

from qc_station.config.belt import belt_faults
from qc_station.config.buffers import buffer_faults
from qc_station.config.bundles import BundlesConfig
from qc_station.config.drivers import driver_faults
from qc_station.config.fields import meanings
from qc_station.config.kinds import stream_faults
from qc_station.config.station import (
    BeltConfig,
    BuffersConfig,
    CostsConfig,
    StationConfig,
    StreamConfig,
    VerdictsConfig,
)
from qc_station.config.training import TrainingConfig, training_faults
from qc_station.config.triggers import trigger_faults
from qc_station.errors import ConfigError

FILE_NAME: Final = "station.toml"

TABLES: Final[dict[str, type[Struct]]] = {
    "training": TrainingConfig,
    "costs": CostsConfig,
    "verdicts": VerdictsConfig,
    "belt": BeltConfig,
    "buffers": BuffersConfig,
    "bundles": BundlesConfig,
}
"""Tables that stand once; each is the field of `StationConfig` with the same name."""

Table = TypeVar("Table", bound=Struct)


def load_station(path: Path) -> StationConfig:
    """Read and check a station's configuration.

    Args:
        path: The station's folder, or the file itself.

    Raises:
        ConfigError: The file is missing or no TOML, or lists every key that is unknown, missing or out of range.
    """
    file = path / FILE_NAME if path.is_dir() else path
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); `qc-station init` writes one") from error
    except ValueError as error:
        raise ConfigError(f"{file}: no TOML: {error}") from error
    return parse_station(document, source=str(file))


def parse_station(document: Mapping[str, Any], source: str = FILE_NAME) -> StationConfig:
    """Check a configuration that was read already.

    Args:
        document: The tables as tomllib gives them.
        source: What to call the document in messages.

    Raises:
        ConfigError: Lists every key that is unknown, missing or out of range.
    """
    faults: list[str] = []
    top = {key: value for key, value in document.items() if key not in {"streams", *TABLES}}
    station = _table(StationConfig, {**top, "streams": {}}, "", faults)
    tables = {key: _table(kind, document.get(key, {}), f"{key}.", faults) for key, kind in TABLES.items()}
    streams = _streams(document.get("streams", {}), faults)
    if isinstance(trigger := document.get("trigger"), Mapping):
        faults += trigger_faults(trigger, streams)
    if not faults and station is not None:
        station = msgspec.structs.replace(station, streams=streams, **tables)
        faults += belt_faults(station.belt, streams) + training_faults(station.training, station.inspecting)
        faults += buffer_faults(station.buffers, streams)
    if faults or station is None:
        lines = "".join(f"\n  {fault}" for fault in faults)
        raise ConfigError(f"{source}: {len(faults)} {'fault' if len(faults) == 1 else 'faults'}{lines}")
    return station


def _streams(tables: Any, faults: list[str]) -> dict[str, StreamConfig]:
    if not isinstance(tables, Mapping) or not tables:
        faults.append("streams: no stream; allowed: at least one table [streams.NAME]")
        return {}
    streams = {}
    for name, table in tables.items():
        stream = _table(StreamConfig, table, f"streams.{name}.", faults)
        if stream is not None:
            faults += stream_faults(name, stream, frozenset(table)) or driver_faults(name, stream)
            streams[name] = stream
    return streams


def _table(kind: type[Table], values: Any, path: str, faults: list[str]) -> Table | None:
    """One table; None where it has a fault of its own, which is added to the list."""
    if not isinstance(values, Mapping):
        faults.append(f"{path[:-1]} = {values!r}; allowed: a table [{path[:-1]}]")
        return None
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    found = [f"{path}{key}: unknown key; allowed: {', '.join(fields)}" for key in values if key not in fields]
    for name, field in fields.items():
        if name in values:
            found += _value_faults(kind, field, values[name], path)
        elif field.default is NODEFAULT and field.default_factory is NODEFAULT:
            found.append(f"{path}{name} is missing; allowed: {meanings(kind)[name]}")
    faults += found
    return None if found else msgspec.convert(values, kind)


def _value_faults(kind: type[Struct], field: msgspec.structs.FieldInfo, value: Any, path: str) -> list[str]:
    meaning = meanings(kind)[field.name]
    if isinstance(value, float) and not math.isfinite(value):
        return [f"{path}{field.name} = {value}: not finite; allowed: {meaning}"]
    try:
        msgspec.convert(value, field.type)
    except msgspec.ValidationError as error:
        return [f"{path}{field.name} = {value!r}: {error}; allowed: {meaning}"]
    return []
