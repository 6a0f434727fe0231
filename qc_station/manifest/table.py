"""The rows of a manifest.csv."""

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from qc_station.config.kinds import RESERVED
from qc_station.config.training import LABELS, task_columns
from qc_station.errors import ManifestError
from qc_station.manifest.fault import Fault, refuse

REQUIRED: Final = ("item", "split", "group")
WEIGHT: Final = "weight"
"""Column of how much the part counts in training."""
QUALITY: Final = "quality"
"""With a dot and a stream's name: column of how far that stream's recording can be relied on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One part."""

    number: int
    """Line of the file, the header being 1."""
    item: str
    """Name of the part."""
    split: str
    """train, val, test, or empty where nobody decided; anything else is a structural fault."""
    group: str
    """Parts that must not be separated; the item's own name where the cell is empty."""
    labels: dict[str, str]
    """By column; only what is known."""
    files: dict[str, str]
    """By stream, relative to the manifest's folder; only what is there."""
    weight: str = ""
    """How much the part counts in training; empty for 1."""
    qualities: dict[str, str] = field(default_factory=dict)
    """By stream, how far its recording can be relied on; only what is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A manifest."""

    file: Path
    """The manifest itself; its folder holds the recordings."""
    streams: tuple[str, ...]
    """Streams that have a column."""
    rows: tuple[Row, ...]
    """In the order of the file."""

    def fault(self, problem: str, row: Row | None = None, column: str | None = None, value: str | None = None) -> Fault:
        """A fault of this manifest."""
        number = None if row is None else row.number
        return Fault(file=str(self.file), problem=problem, row=number, column=column, value=value)


def read_table(path: Path, streams: Collection[str] | None = None) -> Table:
    """Read a manifest's rows; cells are stripped of surrounding blanks.

    Args:
        path: The CSV file, UTF-8.
        streams: Streams that may have a column; None takes every further column for a stream.

    Raises:
        ManifestError: No CSV; a column that is missing, unknown or there twice; rows with too many or too few cells.
    """
    lines = list(_lines(path))
    header = lines[0][1] if lines else []
    names = _stream_columns(header) if streams is None else tuple(name for name in header if name in streams)
    refuse(list(_header_faults(path, header, names, streams)))
    refuse([fault for number, cells in lines[1:] for fault in _row_faults(path, header, number, cells)])
    rows = tuple(_row(number, dict(zip(header, cells, strict=True)), names) for number, cells in lines[1:])
    return Table(file=path, streams=names, rows=rows)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of every row that is not blank."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if any(cells):
                    yield reader.line_num, [cell.strip() for cell in cells]
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path}: no CSV file in UTF-8: {error}") from error


def _stream_columns(header: list[str]) -> tuple[str, ...]:
    return tuple(name for name in header if name and name not in RESERVED and "." not in name)


def _header_faults(
    path: Path, header: list[str], names: tuple[str, ...], streams: Collection[str] | None
) -> Iterator[Fault]:
    dotted = (*LABELS, QUALITY)
    allowed = [*REQUIRED, *LABELS, WEIGHT, *names, *(f"{column}.{name}" for name in names for column in dotted)]
    own = sorted(streams or ("STREAM",))
    shown = ", ".join([*REQUIRED, *LABELS, WEIGHT, *own, *(f"{column}.STREAM" for column in dotted)])
    for name in REQUIRED:
        if name not in header:
            yield Fault(file=str(path), column=name, problem=f"is missing; found: {', '.join(header) or 'no header'}")
    for name in sorted({name for name in header if header.count(name) > 1}):
        yield Fault(file=str(path), column=name, problem="is there twice; allowed: once")
    for name in dict.fromkeys(header):
        if name not in allowed:
            yield Fault(file=str(path), column=repr(name), problem=f"is unknown; allowed: {shown}")
    if not names:
        yield Fault(file=str(path), problem=f"no column of a stream; allowed: {shown}")


def _row_faults(path: Path, header: list[str], number: int, cells: list[str]) -> Iterator[Fault]:
    if len(cells) != len(header):
        problem = f"{len(cells)} cells; allowed: {len(header)}, one per column of the header"
        yield Fault(file=str(path), row=number, problem=problem)


def _row(number: int, cells: dict[str, str], streams: tuple[str, ...]) -> Row:
    return Row(
        number=number,
        item=cells["item"],
        split=cells["split"],
        group=cells["group"] or cells["item"],
        labels={column: cells[column] for column in task_columns(streams) if cells.get(column)},
        files={name: cells[name] for name in streams if cells[name]},
        weight=cells.get(WEIGHT, ""),
        qualities={name: cells[f"{QUALITY}.{name}"] for name in streams if cells.get(f"{QUALITY}.{name}")},
    )
