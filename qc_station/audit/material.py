"""What is audited: the items of a manifest or a station, with what is known about their files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from qc_station.audit.finding import Finding, Severity
from qc_station.config.loading import load_station
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.training import LABELS
from qc_station.errors import ManifestError, StoreError
from qc_station.items import Item
from qc_station.manifest.fault import Fault
from qc_station.manifest.inference import inferred
from qc_station.manifest.reading import ManifestReader
from qc_station.manifest.structure import structural_faults
from qc_station.manifest.table import Row, Table, read_table
from qc_station.recordings.format import format_of
from qc_station.store import Store

READABLE: Final = ("group", *LABELS)
"""Columns whose faults leave a row's recordings readable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What is known about a recording without listening to it."""

    bytes: int
    """Its size."""
    length: int
    """Samples, frames or steps of the whole recording, before it was cut into windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A set of items, in the order of the manifest or of their names."""

    source: str
    """The manifest or the station's folder."""
    config: StationConfig
    """Streams and good classes; of a manifest they are guessed from its files."""
    items: tuple[Item, ...]
    """All splits."""
    files: dict[str, dict[str, File]] = field(default_factory=dict)
    """By item and stream."""
    refused: tuple[Finding, ...] = ()
    """What could not be read, or stands in the manifest and may not."""

    def having(self, stream: str) -> list[Item]:
        """The items that have a stream, in order."""
        return [item for item in self.items if stream in item.windows]


def of_manifest(path: Path) -> Material:
    """Read a manifest as far as it can be read; what is wrong with it becomes findings.

    Raises:
        ManifestError: No table, or no stream can be guessed from what is left.
    """
    table = read_table(path)
    faults = structural_faults(table)
    bad = {fault.row for fault in faults if (fault.column or "").partition(".")[0] not in READABLE}
    rows = tuple(row for row in table.rows if row.number not in bad)
    kept = Table(file=table.file, streams=table.streams, rows=rows)
    guess = inferred(kept)
    reader = ManifestReader(kept, guess.streams, rows)
    items: list[Item] = []
    files: dict[str, dict[str, File]] = {}
    for row in rows:
        found = reader.items(row)
        files |= _described(kept, row, found, guess.streams)
        items += found
    return Material(
        source=str(path),
        config=StationConfig(name=path.stem, streams=guess.streams, ok_classes=guess.ok_classes),
        items=tuple(items),
        files=files,
        refused=tuple(_refused([*faults, *reader.faults], table)),
    )


def of_station(folder: Path) -> Material:
    """Read a station's store; a file that is missing or damaged becomes a finding.

    Raises:
        ConfigError: No station.toml.
        StoreError: The database cannot serve.
    """
    config = load_station(folder)
    items: list[Item] = []
    files: dict[str, dict[str, File]] = {}
    refused = []
    with Store.open(folder) as store:
        for entry in store.entries():
            try:
                item = store.load(entry)
            except StoreError as error:
                advice = "restore the file from a copy, or take the item out"
                refused.append(_fault("unreadable", str(error), advice, entry.name))
                continue
            inspecting = {name: window for name, window in item.windows.items() if name in config.inspecting}
            items.append(replace(item, windows=inspecting))
            sizes = {name: (folder / window.file).stat().st_size for name, window in entry.windows.items()}
            files[item.name] = {name: File(bytes=sizes[name], length=0) for name in inspecting}
    return Material(source=str(folder), config=config, items=tuple(items), files=files, refused=tuple(refused))


def _described(
    table: Table, row: Row, items: Iterable[Item], kinds: Mapping[str, StreamConfig]
) -> dict[str, dict[str, File]]:
    """Size and length of a row's recordings, the same for all items that were cut out of them."""
    found = {}
    for stream, text in row.files.items():
        path = table.file.parent / text
        try:
            content = path.read_bytes()
            shape = format_of(path).describe(content).shape
        except (OSError, ManifestError):
            # Told as a refused recording already.
            continue
        frames = shape[0] if len(shape) == 3 else 1
        found[stream] = File(bytes=len(content), length=frames if kinds[stream].kind == "image" else shape[-1])
    return {item.name: found for item in items}


def _refused(faults: Sequence[Fault], table: Table) -> Iterator[Finding]:
    """A finding for each group that stands in two splits, and one for every other fault."""
    names = {row.number: row.item for row in table.rows}
    for fault in faults:
        if fault.column == "group":
            whole = tuple(row.item for row in table.rows if row.group == fault.value)
            what = f"group {fault.value!r} {fault.problem}"
            yield _fault("group", what, "put all items of the group into one split", *whole)
        else:
            item = names.get(fault.row or 0, "")
            yield _fault(
                "manifest", str(fault), "put the row right; it was left out of this audit", *filter(None, [item])
            )


def _fault(kind: str, what: str, advice: str, *items: str) -> Finding:
    return Finding(severity=Severity.FAULT, kind=kind, what=what, advice=advice, items=items)
