"""The `[training.weights]` table: importance of the tasks, as a pilot proposes it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qc_station.config.editing import edited
from qc_station.config.loading import FILE_NAME, load_station, parse_station
from qc_station.config.statements import statements
from qc_station.config.station import StationConfig
from qc_station.config.writing import key_text, value_text
from qc_station.errors import ConfigError
from qc_station.files import write_atomically

TRAINING = ("training",)
WEIGHTS = ("training", "weights")


def weights_table(weights: Mapping[str, float]) -> list[str]:
    """The lines of the table, to be pasted into station.toml."""
    return ["[training.weights]", *(f"{key_text(column)} = {value_text(weight)}" for column, weight in weights.items())]


def write_weights(folder: Path, weights: Mapping[str, float], note: str) -> StationConfig:
    """Write weights of tasks into a station's file; those of other columns and all else stay as they are.

    Args:
        folder: Of the station.
        weights: By manifest column.
        note: Stands as a comment above them, after "calibrated".

    Returns:
        The configuration as it is now.

    Raises:
        ConfigError: the file cannot be read or written, or has a form in which the weights cannot be put without
            touching something else; nothing is changed then.
    """
    file = folder / FILE_NAME
    load_station(file)
    text = file.read_bytes().decode("utf-8")
    new = _edited(text, weights, note)
    config = parse_station(tomllib.loads(new), source=str(file))
    try:
        write_atomically(file, new.encode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
    return config


def _edited(text: str, weights: Mapping[str, float], note: str) -> str:
    """In the table, which is made at the file's end where it is missing; in the line where somebody has written one."""
    found = list(statements(text))
    training: dict[str, Any] = tomllib.loads(text).get("training", {})
    headed = any(one.header and one.path == WEIGHTS for one in found)
    inline = any(not one.header and one.path == TRAINING for one in found)
    if inline or ("weights" in training and not headed):
        return edited(text, TRAINING, {"weights": {**training.get("weights", {}), **weights}}, note)
    if not headed:
        text = f"{text.rstrip()}\n\n[training.weights]\n"
    return edited(text, WEIGHTS, weights, note)
