"""Changes single keys of station.toml and leaves every other character, a person's comments above all, as it is."""

import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from qc_station.config.loading import FILE_NAME, load_station, parse_station
from qc_station.config.statements import Statement, statements
from qc_station.config.station import StationConfig
from qc_station.config.writing import key_text, value_text
from qc_station.errors import ConfigError
from qc_station.files import write_atomically

MARK: Final = "# calibrated "
"""A line above a key that begins so is ours, and is replaced with the next calibration."""


def calibrate(folder: Path, stream: str, values: Mapping[str, Any], note: str) -> StationConfig:
    """Write keys of one stream's table into a station's file.

    Args:
        folder: Of the station.
        stream: Name of the stream.
        values: By key; None takes a key out, which leaves its line as a comment.
        note: Stands as a comment above the keys, after "calibrated".

    Returns:
        The configuration as it is now.

    Raises:
        ConfigError: the file cannot be read or written, the values are not allowed, or the file has a form in which
            they cannot be put without touching something else; nothing is changed then.
    """
    file = folder / FILE_NAME
    load_station(file)
    text = file.read_bytes().decode("utf-8")
    new = edited(text, ("streams", stream), values, note)
    config = parse_station(tomllib.loads(new), source=str(file))
    try:
        write_atomically(file, new.encode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
    return config


def edited(text: str, table: tuple[str, ...], values: Mapping[str, Any], note: str) -> str:
    """A TOML text with other values in one table.

    Args:
        text: Without a fault.
        table: Path of the table.
        values: By key; None takes a key out, which leaves its line as a comment.
        note: One line that stands as a comment above the keys, after "calibrated".

    Raises:
        ConfigError: the table is written in a form in which that cannot be done; says what to write by hand.
    """
    new, mark = text, f"{MARK}{note}"
    for key, value in values.items():
        if value is None:
            new = _without(new, (*table, key))
        else:
            new = _with(new, table, key, value, mark)
            # One note stands above all that was written together.
            mark = ""
    wanted = _wanted(tomllib.loads(text), table, values)
    if _loaded(new) != wanted:
        lines = "".join(f"\n  {key} = {value_text(value)}" for key, value in values.items() if value is not None)
        raise ConfigError(
            f"{'.'.join(table)} is not written as a table [{'.'.join(map(key_text, table))}]; write it so, or put in:{lines}"
        )
    return new


def _with(text: str, table: tuple[str, ...], key: str, value: Any, mark: str) -> str:
    """The text with a value, and a comment above it where there is one to make."""
    newline = "\r\n" if "\r\n" in text else "\n"
    above = [mark] if mark else []
    found = list(statements(text))
    same = next((one for one in found if not one.header and one.path == (*table, key)), None)
    if same is not None:
        begin = _note_or_line(text, same) if mark else text.rfind("\n", 0, same.begin) + 1
        line = text[text.rfind("\n", 0, same.begin) + 1 : same.value] + value_text(value)
        return text[:begin] + newline.join([*above, line]) + text[same.end :]
    before = next((one for one in reversed(found) if _within(one, table)), None)
    if before is None:
        return text
    # Under the header of a table above, the key is written with the names in between.
    names = (*table, key)[len(before.table) :]
    lines = newline.join([*above, f"{'.'.join(map(key_text, names))} = {value_text(value)}"])
    free = _free(text, before, key, found) if before.table == table else None
    if free is not None:
        return text[: free[0]] + lines + text[free[1] :]
    behind = text.find("\n", before.end) + 1
    if behind == 0:
        return text + newline + lines + newline
    return text[:behind] + lines + newline + text[behind:]


def _within(statement: Statement, table: tuple[str, ...]) -> bool:
    """Whether a key of the table could stand behind a statement."""
    return statement.path[: len(table)] == table and statement.table == table[: len(statement.table)]


def _note_or_line(text: str, statement: Statement) -> int:
    """Where the line of a statement begins, or that of our earlier note above it."""
    line = text.rfind("\n", 0, statement.begin) + 1
    above = text.rfind("\n", 0, max(0, line - 1)) + 1
    return above if line and text[above:line].lstrip(" \t").startswith(MARK) else line


def _free(text: str, last: Statement, key: str, found: list[Statement]) -> tuple[int, int] | None:
    """The comment of a table that names the key and gives no value: from where to where."""
    begin = next(one.end for one in reversed(found) if one.header and one.path == last.table)
    stop = next((one.begin for one in found if one.begin > last.begin), len(text))
    comment = re.compile(rf"^[ \t]*#[ \t]*{re.escape(key)}[ \t]*=[ \t]*(?=\r?$)", re.MULTILINE)
    for match in comment.finditer(text, begin, stop):
        if not any(one.begin <= match.start() < one.end for one in found):
            return match.span()
    return None


def _without(text: str, path: tuple[str, ...]) -> str:
    """A key as a comment, all its lines."""
    same = next((one for one in statements(text) if not one.header and one.path == path), None)
    if same is None:
        return text
    kept = re.sub(r"\n(?!\Z)", "\n# ", text[same.begin : same.end])
    return f"{text[: same.begin]}# {kept}{text[same.end :]}"


def _wanted(document: dict[str, Any], table: tuple[str, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the values; itself where there is no such table."""
    wanted = deepcopy(document)
    place: Any = wanted
    for name in table:
        place = place.setdefault(name, {})
    for key, value in values.items():
        place.pop(key, None)
        if value is not None:
            place[key] = tomllib.loads(f"x = {value_text(value)}")["x"]
    return wanted


def _loaded(text: str) -> dict[str, Any] | None:
    """The document; None where the edit has broken it."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
