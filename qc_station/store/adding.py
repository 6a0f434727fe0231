"""New items on their way into the store, a batch at a time."""

import fcntl
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qc_station.config.station import StreamConfig
from qc_station.errors import StoreError
from qc_station.items import Item
from qc_station.store import encoding, item_files
from qc_station.store.digests import content_digest, window_digest
from qc_station.store.items import Entry, StoredWindow

LOCK_NAME: Final = ".adding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """A batch held against what the store has."""

    new: tuple[Item, ...]
    """To be written."""
    skipped: int
    """There already, with the same content."""
    refused: tuple[str, ...]
    """A line for each that is there with other content, or whose group stands in another split."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time decide which names are new; two imports of one name would write one file."""
    with (folder / LOCK_NAME).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sort(batch: Sequence[Item], digests: Mapping[str, str], splits: Mapping[str, str]) -> Sorted:
    """Hold a batch against the store.

    Args:
        batch: What is to be added.
        digests: Item digest by name, of those that are there.
        splits: Split by group, of those that have one.
    """
    new: dict[str, Item] = {}
    known, splits = dict(digests), dict(splits)
    refused = []
    for item in batch:
        digest = content_digest(item)
        other = splits.get(item.group)
        if item.name in known:
            if known[item.name] != digest:
                refused.append(
                    f"item {item.name!r} is in the store with other content; allowed: the same, or another name"
                )
        elif item.split is not None and other not in {None, item.split}:
            refused.append(
                f"item {item.name!r}: group {item.group!r} is in split {other!r} in the store, not {item.split!r}"
            )
        else:
            new[item.name] = item
            known[item.name] = digest
            if item.split is not None:
                splits[item.group] = item.split
    return Sorted(new=tuple(new.values()), skipped=len(batch) - len(new) - len(refused), refused=tuple(refused))


def write_files(folder: Path, items: Collection[Item], streams: Mapping[str, StreamConfig]) -> list[Entry]:
    """Write the items' windows; the entries that name them are still to be inserted."""
    contents: dict[str, bytes] = {}
    entries = [_entry(item, streams, contents) for item in items]
    item_files.write_batch(folder, contents)
    return entries


def _entry(item: Item, streams: Mapping[str, StreamConfig], contents: dict[str, bytes]) -> Entry:
    windows = {}
    for stream, data in item.windows.items():
        if stream not in streams:
            raise StoreError(f"item {item.name!r} has stream {stream!r}; allowed: {', '.join(streams)}")
        suffix, content = encoding.encode(data, streams[stream])
        file = item_files.place(stream, item.name, suffix)
        contents[file] = content
        windows[stream] = StoredWindow(
            file=file,
            shape=data.shape,
            dtype=data.dtype.name,
            digest=window_digest(data),
            applied=item.applied.get(stream),
            quality=item.quality.get(stream),
        )
    return Entry(
        name=item.name,
        group=item.group,
        split=item.split,
        labels=dict(item.labels),
        windows=windows,
        weight=item.weight,
    )
