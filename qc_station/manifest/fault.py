"""One thing that is wrong in a manifest, and how many of them are told."""

from collections.abc import Sequence
from dataclasses import dataclass

from qc_station.errors import ManifestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A refused cell, row or header."""

    file: str
    """The manifest."""
    problem: str
    """What is wrong and what is allowed."""
    row: int | None = None
    """Line of the file, the header being 1; None for the file as a whole."""
    column: str | None = None
    """Name of the column; None for the row as a whole."""
    value: str | None = None
    """The cell."""

    def __str__(self) -> str:
        """E.g. "m.csv row 7, thermal = 'a.png': cut short ..."."""
        row = "" if self.row is None else f" row {self.row}"
        column = "" if self.column is None else f", {self.column}" if row else f" column {self.column}"
        value = "" if self.value is None else f" = {self.value!r}"
        return f"{self.file}{row}{column}{value}: {self.problem}"


def listed(faults: Sequence[Fault]) -> str:
    """Every fault on a line of its own, under their number."""
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return "\n  ".join([f"{count}:", *map(str, faults)])


def refuse(faults: Sequence[Fault]) -> None:
    """Raise `ManifestError` with all faults, where there are any."""
    if faults:
        raise ManifestError(listed(faults))
