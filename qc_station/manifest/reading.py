"""A manifest as items, and single files as one part."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from numpy.typing import NDArray

from qc_station.config.station import StreamConfig
from qc_station.errors import ManifestError
from qc_station.items import Item, Split
from qc_station.manifest.cutting import Windows, cut, names, side_by_side
from qc_station.manifest.fault import Fault, refuse
from qc_station.manifest.recording import read_recording
from qc_station.manifest.structure import check_structure
from qc_station.manifest.table import Row, Table, read_table


class ManifestReader:
    """The items of a manifest, read while they are iterated; bad files are collected and their rows left out."""

    def __init__(self, table: Table, streams: Mapping[str, StreamConfig], rows: tuple[Row, ...]) -> None:
        """Prepare reading; `read_manifest` is the way to get one."""
        self.table = table
        self.rows = rows
        self.faults: list[Fault] = []
        self._streams = streams

    def __len__(self) -> int:
        """Rows to be read; a long recording makes several items of one row."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Item]:
        """Read row by row; `faults` holds what was refused so far."""
        self.faults.clear()
        for row in self.rows:
            yield from self.items(row)

    def items(self, row: Row) -> list[Item]:
        """The items of one row; none, and a fault for each bad file, where a file is refused."""
        cuts: dict[str, Windows] = {}
        faults = []
        for stream, text in row.files.items():
            try:
                cuts[stream] = _windows(self.table.file.parent / text, self._streams[stream])
            except ManifestError as error:
                faults.append(self.table.fault(str(error), row, stream, text))
        self.faults += faults
        return [] if faults else self._side_by_side(row, cuts)

    def check(self) -> None:
        """Raise `ManifestError` with every fault met so far, where there are any."""
        refuse(self.faults)

    def _side_by_side(self, row: Row, cuts: Mapping[str, Windows]) -> list[Item]:
        try:
            parts = side_by_side(cuts)
        except ManifestError as error:
            self.faults.append(self.table.fault(str(error), row, "item", row.item))
            return []
        split = cast(Split, row.split) if row.split else None
        return [
            Item(
                name=name,
                group=row.group,
                split=split,
                windows=windows,
                labels=dict(row.labels),
                weight=float(row.weight or 1),
                # A quality without a recording says nothing about any window.
                quality={stream: float(text) for stream, text in row.qualities.items() if stream in windows},
            )
            for name, windows in zip(names(row.item, len(parts)), parts, strict=True)
        ]


def read_manifest(
    path: Path, streams: Mapping[str, StreamConfig], *, splits: Collection[str] | None = None
) -> ManifestReader:
    """Check a manifest's structure and prepare to read its items.

    Args:
        path: The manifest.csv; the files that it names stand in its folder.
        streams: The station's or a bundle's stream tables by name.
        splits: Splits to read; None reads all rows. The structure is checked over all rows in either case.

    Returns:
        An iterable of `Item`; after it is exhausted, `faults` (or `check()`) tells which rows were refused.

    Raises:
        ManifestError: A structural fault, which refuses the manifest as a whole; lists all of them.
    """
    table = read_table(path, streams)
    check_structure(table)
    rows = tuple(row for row in table.rows if splits is None or row.split in splits)
    return ManifestReader(table, streams, rows)


def read_part(files: Mapping[str, Path], streams: Mapping[str, StreamConfig]) -> list[dict[str, NDArray[Any]]]:
    """Single files as the windows of one part.

    Args:
        files: A recording per stream; a stream may be absent.
        streams: The station's or a bundle's stream tables by name.

    Returns:
        A dict of windows by stream for every window of the recordings; one for recordings of one window.

    Raises:
        ManifestError: Lists every file that is refused, and streams that are unknown.
    """
    cuts: dict[str, Windows] = {}
    faults = []
    for name, path in files.items():
        try:
            cuts[name] = _windows(path, _known(name, streams))
        except ManifestError as error:
            faults.append(f"{name} = {str(path)!r}: {error}")
    if faults:
        raise ManifestError("\n  ".join([f"{len(faults)} of {len(files)} recordings refused:", *faults]))
    if not cuts:
        raise ManifestError(f"no recording given; allowed: a file for at least one of {', '.join(streams)}")
    return side_by_side(cuts)


def _known(name: str, streams: Mapping[str, StreamConfig]) -> StreamConfig:
    if name not in streams:
        raise ManifestError(f"unknown stream; allowed: {', '.join(streams)}")
    return streams[name]


def _windows(path: Path, stream: StreamConfig) -> Windows:
    return cut(read_recording(path, stream), stream)
