"""The streams of a manifest, guessed from the headers of its files."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from qc_station.config.kinds import DTYPES, NAME
from qc_station.config.station import StreamConfig
from qc_station.errors import ManifestError
from qc_station.manifest.fault import Fault, refuse
from qc_station.manifest.structure import check_structure
from qc_station.manifest.table import Table, read_table
from qc_station.recordings.format import Header, format_of

LONGEST_PART_S: Final = 2.0
"""Recordings of one length up to this are taken whole."""
LONGEST_WINDOW_S: Final = 1.0
"""Others are cut into windows of at most this."""
SMALLEST_IMAGE: Final = 16
"""A table of numbers with this many rows and columns is taken for a picture."""
OK_CLASSES: Final = ("ok", "good", "pass", "normal")

Value = TypeVar("Value", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """What a manifest's files look like."""

    streams: dict[str, StreamConfig]
    """A table per stream column."""
    ok_classes: tuple[str, ...]
    """Classes of `label` that are taken to mean a good part; ("ok",) where none is recognised."""
    notes: tuple[str, ...]
    """What a person should look at: files that differ from the others or cannot be read."""


def infer(path: Path) -> Inference:
    """Guess kinds, rates, shapes, sample types and windows; the most frequent value stands where files differ.

    Raises:
        ManifestError: A structural fault, or a column whose files are of no known format or of several kinds.
    """
    table = read_table(path)
    check_structure(table)
    return inferred(table)


def inferred(table: Table) -> Inference:
    """The same of a table, whatever its structure; only the files that its rows name are opened.

    Raises:
        ManifestError: A column whose files are of no known format or of several kinds.
    """
    streams: dict[str, StreamConfig] = {}
    faults: list[Fault] = []
    notes: list[str] = []
    for name in table.streams:
        try:
            streams[name] = _stream(name, table, notes)
        except ManifestError as error:
            faults.append(table.fault(str(error), column=name))
    refuse(faults)
    return Inference(streams=streams, ok_classes=_ok_classes(table, notes), notes=tuple(notes))


def _stream(name: str, table: Table, notes: list[str]) -> StreamConfig:
    if not NAME.fullmatch(name):
        raise ManifestError("is no name for a stream; allowed: a letter, then letters, digits and _")
    headers: list[tuple[str, Header]] = []
    unread: list[str] = []
    for row in table.rows:
        if name in row.files:
            try:
                headers.append(_header(table.file.parent / row.files[name]))
            except ManifestError as error:
                unread.append(str(table.fault(str(error), row, name, row.files[name])))
    if not headers:
        raise ManifestError(f"no file of this stream can be read: {unread[0] if unread else 'every cell is empty'}")
    notes += unread
    kinds = sorted({kind for kind, _ in headers})
    if len(kinds) > 1:
        raise ManifestError(f"files of several kinds ({', '.join(kinds)}); allowed: one kind per column")
    return {"waveform": _waveform, "image": _image, "series": _series}[kinds[0]](_Column(name, headers, notes))


def _header(path: Path) -> tuple[str, Header]:
    """Kind and header of one file."""
    form = format_of(path)
    try:
        header = form.describe(path.read_bytes())
    except OSError as error:
        raise ManifestError(f"cannot be read: {error.strerror}") from error
    picture = len(header.shape) == 3 or min(header.shape) >= SMALLEST_IMAGE
    return form.KIND or ("image" if picture else "series"), header


class _Column:
    """The headers of one stream's files; notes what is not the same in all of them."""

    def __init__(self, name: str, headers: Iterable[tuple[str, Header]], notes: list[str]) -> None:
        self.headers = [header for _, header in headers]
        self._name, self._notes = name, notes

    def usual(self, what: str, values: Iterator[Value]) -> Value:
        """The most frequent value."""
        counts = Counter(values).most_common()
        if len(counts) > 1:
            others = ", ".join(f"{value} in {count}" for value, count in counts[1:])
            self._notes.append(f"{self._name}: {what} {counts[0][0]} in {counts[0][1]} files, but {others}")
        return counts[0][0]

    def steps(self, lengths: list[int]) -> int:
        """The length of most files, so that a cut one does not shorten all windows; else the shortest."""
        value, count = Counter(lengths).most_common(1)[0]
        return value if 2 * count > len(lengths) else min(lengths)

    def dtype(self, kind: str) -> str:
        """The usual sample type."""
        found = self.usual("samples", (header.dtype for header in self.headers))
        if found not in DTYPES[kind]:
            raise ManifestError(f"samples of type {found}; allowed for {kind}: {', '.join(DTYPES[kind])}")
        return found


def _waveform(column: _Column) -> StreamConfig:
    rate_hz = column.usual("rate in Hz", (header.rate_hz or 1.0 for header in column.headers))
    channels = column.usual("channels", (header.shape[0] for header in column.headers))
    lengths = {header.shape[1] for header in column.headers if header.rate_hz == rate_hz and header.shape[1]}
    if not lengths:
        raise ManifestError("no file has any samples")
    whole = len(lengths) == 1 and max(lengths) <= LONGEST_PART_S * rate_hz
    window = max(lengths) if whole else min(min(lengths), int(LONGEST_WINDOW_S * rate_hz))
    return StreamConfig(
        kind="waveform",
        channels=_numbered(channels),
        rate_hz=rate_hz,
        dtype=column.dtype("waveform"),
        window_s=window / rate_hz,
    )


def _image(column: _Column) -> StreamConfig:
    height, width = column.usual("frames of", (header.shape[-2:] for header in column.headers))
    frames = column.steps([header.shape[0] if len(header.shape) == 3 else 1 for header in column.headers])
    return StreamConfig(
        kind="image",
        dtype=column.dtype("image"),
        height=height,
        width=width,
        window_steps=None if frames == 1 else frames,
    )


def _series(column: _Column) -> StreamConfig:
    channels = column.usual("columns", (header.channels or _numbered(header.shape[0]) for header in column.headers))
    steps = column.steps([header.shape[1] for header in column.headers])
    return StreamConfig(kind="series", channels=channels, dtype="float32", window_steps=steps)


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(str(index) for index in range(1, count + 1))


def _ok_classes(table: Table, notes: list[str]) -> tuple[str, ...]:
    classes: Mapping[str, None] = dict.fromkeys(row.labels["label"] for row in table.rows if "label" in row.labels)
    found = tuple(name for name in classes if name.casefold() in OK_CLASSES)
    if classes and not found:
        notes.append(f"label: no class that means a good part among {', '.join(classes)}; set ok_classes")
    return found or ("ok",)
