"""Writes station.toml with the meaning of every key above it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from qc_station.config.drivers import EXAMPLES
from qc_station.config.fields import meanings
from qc_station.config.kinds import FOREIGN
from qc_station.config.loading import FILE_NAME
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.training import TrainingConfig, examples
from qc_station.config.triggers import EXAMPLE
from qc_station.errors import ConfigError
from qc_station.files import write_atomically

TABLES: Final = ("weights", "losses", "paths")
"""Keys of `[training]` that are tables: written in one line, they could not be added to."""


def write_station(folder: Path, station: StationConfig, *, overwrite: bool = False) -> Path:
    """Write a station's configuration into its folder, which is created where it is missing.

    Args:
        folder: The station's folder.
        station: What to write; loading the file gives an equal configuration.
        overwrite: Replace a configuration that is there.

    Returns:
        The file.

    Raises:
        ConfigError: There is a station already, or the folder cannot be written.
    """
    file = folder / FILE_NAME
    if not overwrite:
        check_free(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(file, station_text(station).encode())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
    return file


def check_free(folder: Path) -> None:
    """Raise `ConfigError` where a folder holds a station already."""
    if (folder / FILE_NAME).exists():
        raise ConfigError(f"{folder / FILE_NAME} is there already; allowed: a folder without a station")


def station_text(station: StationConfig) -> str:
    """The configuration as TOML with comments."""
    tables = {
        "training": station.training,
        "costs": station.costs,
        "verdicts": station.verdicts,
        "belt": station.belt,
        "buffers": station.buffers,
        "bundles": station.bundles,
    }
    lines = ["# A quality-control station. A key that is commented out has the value that its text names.", ""]
    lines += _keys(station, skip=("streams", "trigger", *tables))
    for name, stream in station.streams.items():
        foreign = FOREIGN.get(stream.kind, ())
        lines += ["", f"[streams.{key_text(name)}]", *_keys(stream, skip=("driver", *foreign)), *_driver(name, stream)]
    lines += _optional("trigger", station.trigger, EXAMPLE, meanings(StationConfig)["trigger"])
    for name, table in tables.items():
        below = tuple(_below(station.training, station.inspecting)) if name == "training" else ()
        lines += ["", f"[{name}]", *_keys(table, skip=TABLES if below else ()), *below]
    return "\n".join(lines) + "\n"


def _below(training: TrainingConfig, streams: Iterable[str]) -> Iterator[str]:
    """The tables below `[training]`, each under a header of its own: more of them can be added at the file's end."""
    filled, meaning = examples(streams), meanings(TrainingConfig)
    for key in ("weights", "losses"):
        yield from _optional(f"training.{key}", getattr(training, key) or None, filled[key], meaning[key])
    if not training.paths:
        yield from _optional("training.paths.shared", None, filled["paths"]["shared"], meaning["paths"])
    for name, path in training.paths.items():
        yield from ("", f"# {meaning['paths']}", f"[training.paths.{key_text(name)}]", *_keys(path))


def _keys(table: Struct, skip: tuple[str, ...] = ()) -> Iterator[str]:
    """A comment and a line for every key; one without a value is commented out."""
    for name, meaning in meanings(type(table)).items():
        if name not in skip:
            value = getattr(table, name)
            yield f"# {meaning}"
            yield f"# {name} =" if value is None else f"{name} = {value_text(msgspec.to_builtins(value))}"


def _driver(name: str, stream: StreamConfig) -> Iterator[str]:
    """The table of the live sensor; where there is none, an example to be filled in."""
    example = EXAMPLES.get(stream.kind, {})
    return _optional(f"streams.{key_text(name)}.driver", stream.driver, example, meanings(StreamConfig)["driver"])


def _optional(name: str, table: Mapping[str, Any] | None, example: Mapping[str, Any], meaning: str) -> Iterator[str]:
    """A table that may be missing; the example, commented out, stands in for it."""
    yield from ("", f"# {meaning}")
    mark = "# " if table is None else ""
    yield f"{mark}[{name}]"
    for key, value in (example if table is None else table).items():
        yield f"{mark}{key_text(key)} = {value_text(value)}"


def value_text(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key_text(key)} = {value_text(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(value_text(item) for item in value)}]"
    # JSON's strings and numbers are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key_text(name: str) -> str:
    """A name as TOML writes it, in quotes where it needs them."""
    return name if name.isascii() and name.isidentifier() else value_text(name)
