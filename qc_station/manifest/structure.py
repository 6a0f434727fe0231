"""What no manifest may have, whatever its files hold: each check names every row that it refuses."""

import math
import re
import stat
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, get_args

from qc_station.items import Split
from qc_station.manifest.fault import Fault, refuse
from qc_station.manifest.table import QUALITY, WEIGHT, Row, Table

SPLITS: Final = get_args(Split)
WINDOW: Final = re.compile(r"(.+)#\d+")
"""Name of a window of a long recording."""


def check_structure(table: Table) -> None:
    """Refuse a manifest as a whole.

    Raises:
        ManifestError: Lists every item without name or recording or that is there twice, every unknown split, group in
            two splits, class that training never shows, severity that is not finite, weight or quality outside its
            range, and path outside the folder.
    """
    refuse(structural_faults(table))


def structural_faults(table: Table) -> list[Fault]:
    """Everything for which `check_structure` refuses a manifest, in the order of its rows."""
    checks = (_items, _splits, _groups, _classes, _severities, _weights, _qualities, _paths)
    faults = [fault for check in checks for fault in check(table)]
    return sorted(faults, key=lambda fault: fault.row or 0)


def _items(table: Table) -> Iterator[Fault]:
    rows: dict[str, int] = {}
    names = {row.item for row in table.rows}
    for row in table.rows:
        window = WINDOW.fullmatch(row.item)
        if not row.item:
            yield table.fault("no name; allowed: a name that no other row has", row, "item", "")
        elif row.item in rows:
            yield table.fault(f"is in row {rows[row.item]} already; allowed: once", row, "item", row.item)
        elif window and window[1] in names:
            yield table.fault(f"is a name for a window of item {window[1]!r}", row, "item", row.item)
        if not row.files:
            yield table.fault(f"no recording; allowed: a file for at least one of {', '.join(table.streams)}", row)
        rows.setdefault(row.item, row.number)


def _splits(table: Table) -> Iterator[Fault]:
    for row in table.rows:
        if row.split and row.split not in SPLITS:
            yield table.fault(f"unknown split; allowed: {', '.join(SPLITS)}, or empty", row, "split", row.split)


def _groups(table: Table) -> Iterator[Fault]:
    """Items of one group share a lot, a gas cycle or a minute; in two splits they would leak."""
    first: dict[str, Row] = {}
    for row in table.rows:
        other = first.setdefault(row.group, row) if row.split else row
        if other.split != row.split:
            problem = f"is in split {row.split!r} here and in {other.split!r} in row {other.number}; allowed: one split"
            yield table.fault(problem, row, "group", row.group)


def _classes(table: Table) -> Iterator[Fault]:
    if not any(row.split == "train" for row in table.rows):
        return
    numeric = _numeric_columns(table)
    known = defaultdict(set)
    for row in table.rows:
        for column, value in row.labels.items():
            if row.split == "train":
                known[column].add(value)
    for row in table.rows:
        for column, value in row.labels.items():
            if row.split in {"val", "test"} and column not in numeric and value not in known[column]:
                allowed = ", ".join(sorted(known[column])) or "none, training has no value there"
                yield table.fault(f"class that is not in training; allowed: {allowed}", row, column, value)


def _severities(table: Table) -> Iterator[Fault]:
    numeric = _numeric_columns(table)
    for row in table.rows:
        for column in numeric & row.labels.keys():
            if not math.isfinite(float(row.labels[column])):
                yield table.fault("not finite; allowed: a number", row, column, row.labels[column])


def _weights(table: Table) -> Iterator[Fault]:
    for row in table.rows:
        if row.weight and not 0 <= _number(row.weight) < math.inf:
            yield table.fault("allowed: a finite number of 0 or more, or empty for 1", row, WEIGHT, row.weight)


def _qualities(table: Table) -> Iterator[Fault]:
    for row in table.rows:
        for stream, text in row.qualities.items():
            if not 0 <= _number(text) <= 1:
                problem = "allowed: a number from 0 to 1, or empty for 1"
                yield table.fault(problem, row, f"{QUALITY}.{stream}", text)


def _numeric_columns(table: Table) -> set[str]:
    """Severity columns whose every value is a number; others are classes."""
    columns = {column for row in table.rows for column in row.labels if column.partition(".")[0] == "severity"}
    values = ((column, row.labels[column]) for row in table.rows for column in columns & row.labels.keys())
    return columns - {column for column, value in values if not _is_number(value)}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str) -> float:
    """NaN, which lies in no range, for what is no number."""
    return float(text) if _is_number(text) else math.nan


def _paths(table: Table) -> Iterator[Fault]:
    folders: dict[Path, bool] = {}
    for row in table.rows:
        for stream, text in row.files.items():
            if problem := _outside(table.file.parent, text, folders):
                yield table.fault(f"{problem}; allowed: a file inside the manifest's folder", row, stream, text)


def _outside(folder: Path, text: str, links: dict[Path, bool]) -> str | None:
    """Why a path may lead out of the folder; None where it cannot."""
    path = PurePosixPath(text)
    if path.is_absolute():
        return "absolute path"
    if ".." in path.parts or "\0" in text:
        return "path with .. or NUL"
    at = folder
    for part in path.parts:
        at /= part
        # Folders are asked once; a manifest names thousands of files in a few of them.
        if at not in links:
            links[at] = _is_link(at)
        if links[at]:
            return f"{at.relative_to(folder)} is a link"
    return None


def _is_link(path: Path) -> bool:
    try:
        return stat.S_ISLNK(path.lstat().st_mode)
    except OSError:
        # A file that is missing is no link; it is refused with its row when it is read.
        return False
