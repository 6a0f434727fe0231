"""CSV with a header: a column per channel, a row per step."""

import csv
import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.errors import ManifestError
from qc_station.recordings.format import Header, Recording

SUFFIXES = (".csv",)
KIND = "series"


def describe(content: bytes) -> Header:
    """Shape (channels, steps) and column names."""
    recording = decode(content)
    return Header(shape=recording.data.shape, dtype="float32", channels=recording.channels)


def decode(content: bytes) -> Recording:
    """Values of shape (channels, steps), float32, in the order of the file's columns."""
    header, *lines = _text(content).splitlines() or [""]
    names = tuple(name.strip() for name in next(csv.reader([header]), []))
    _check_names(names)
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise ManifestError(f"no row below the header {','.join(names)}")
    return Recording(data=_values(lines, len(names)), channels=names)


def encode(data: NDArray[Any], channels: tuple[str, ...]) -> bytes:
    """A CSV file of float32 values of shape (channels, steps); `decode` gives back the same bits."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(channels)
    # Nine digits tell every float32 from its neighbours, with room enough that reading through float64 rounds back.
    np.savetxt(text, data.T, fmt="%.9g", delimiter=",")
    return text.getvalue().encode()


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestError(f"not UTF-8 text: byte {error.start}") from error


def _check_names(names: tuple[str, ...]) -> None:
    if not any(names):
        raise ManifestError("empty; allowed: a header with the channels' names, then a row per step")
    if all(_number(name) is not None for name in names):
        raise ManifestError(
            f"begins with numbers ({','.join(names)}); allowed: a header with the channels' names first"
        )
    if len(set(names)) < len(names):
        raise ManifestError(f"a column name twice in {','.join(names)}")


def _values(lines: list[str], columns: int) -> NDArray[np.float32]:
    try:
        values = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None, quotechar='"')
    except ValueError as error:
        raise _first_fault(lines, columns) from error
    if values.shape[1] != columns:
        raise _first_fault(lines, columns)
    # A value beyond float32 becomes infinite here and is refused as such by whoever checks for it.
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values.T, dtype=np.float32)


def _first_fault(lines: list[str], columns: int) -> ManifestError:
    """Name the first row that is no row of numbers, counted without blank lines; the header is row 1."""
    for number, cells in enumerate(csv.reader(lines), start=2):
        if len(cells) != columns:
            return ManifestError(f"row {number} has {len(cells)} cells, the header has {columns}")
        wrong = [cell for cell in cells if _number(cell) is None]
        if wrong:
            return ManifestError(f"row {number}: {wrong[0]!r} is no number")
    return ManifestError("rows that are no numbers")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return math.nan if text.strip().lower() == "nan" else None
