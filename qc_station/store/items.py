"""The tables of items and windows, and the labels that items come in with."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from qc_station.store.digests import item_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWindow:
    """A row of `windows`."""

    file: str
    """Path relative to the store's folder."""
    shape: tuple[int, ...]
    """Shape of the window."""
    dtype: str
    """Sample type of the window."""
    digest: str
    """See `digests.window_digest`."""
    applied: dict[str, Any] | None = None
    """What was done to place and moment on the way from the sensor; None where nobody said."""
    quality: float | None = None
    """How far the window can be relied on, 0 to 1; None where nobody said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item as the database knows it, without its samples."""

    name: str
    """Unique in the store."""
    group: str
    """Items of one group never stand in two splits."""
    split: str | None
    """train, val or test; None where nobody decided."""
    labels: dict[str, str] = field(default_factory=dict)
    """By column, the latest that was said; a label that was taken back is absent."""
    windows: dict[str, StoredWindow] = field(default_factory=dict)
    """By stream."""
    weight: float = 1.0
    """How much the item counts in training."""

    @property
    def quality(self) -> dict[str, float]:
        """How far the windows can be relied on, by stream; only what somebody said."""
        return {stream: window.quality for stream, window in self.windows.items() if window.quality is not None}

    @property
    def digest(self) -> str:
        """See `digests.item_digest`; with the labels of today."""
        digests = {stream: window.digest for stream, window in self.windows.items()}
        return item_digest(self.group, self.split, self.labels, digests, self.weight, self.quality)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item whose files are written and whose rows are not."""

    entry: Entry
    """What is to be inserted."""
    source: str
    """Where it came from, for people."""
    who: str
    """Who says its labels."""


def insert(database: sqlite3.Connection, items: Iterable[NewItem], now_ns: int) -> None:
    """Insert items with their windows and first labels."""
    for item in items:
        entry = item.entry
        row = (entry.name, entry.group, entry.split, entry.weight, item.source, entry.digest, now_ns)
        statement = (
            "INSERT INTO items (name, grp, split, weight, source, digest, created_ns) VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        number = database.execute(statement, row).lastrowid
        database.executemany(
            "INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(number, stream, *_columns(window)) for stream, window in entry.windows.items()],
        )
        database.executemany(
            "INSERT INTO labels (item_id, name, value, who, created_ns) VALUES (?, ?, ?, ?, ?)",
            [(number, column, value, item.who, now_ns) for column, value in entry.labels.items()],
        )


def first_digests(database: sqlite3.Connection, names: Collection[str]) -> dict[str, str]:
    """Digest, as it was when the item came in, of those names that are there."""
    rows = database.execute(
        "SELECT name, digest FROM items WHERE name IN (SELECT value FROM json_each(?))", [_list(names)]
    )
    return dict(rows)


def group_splits(database: sqlite3.Connection, groups: Collection[str]) -> dict[str, str]:
    """Split of those groups that have one."""
    query = "SELECT grp, split FROM items WHERE split IS NOT NULL AND grp IN (SELECT value FROM json_each(?))"
    return dict(database.execute(query, [_list(groups)]))


def entries(database: sqlite3.Connection, splits: Collection[str | None] | None) -> list[Entry]:
    """Items of some splits, or all, by name: the same order whatever order they came in."""
    database.execute("BEGIN")
    rows = database.execute("SELECT id, name, grp, split, weight FROM items ORDER BY name").fetchall()
    found = {
        number: Entry(name=name, group=group, split=split, weight=weight)
        for number, name, group, split, weight in rows
        if splits is None or split in splits
    }
    for number, stream, *columns in database.execute("SELECT * FROM windows ORDER BY stream"):
        if number in found:
            found[number].windows[stream] = _window(*columns)
    for number, column, value in _latest_labels(database):
        if number in found and value is not None:
            found[number].labels[column] = value
    database.execute("COMMIT")
    return list(found.values())


def _columns(window: StoredWindow) -> tuple[str | float | None, ...]:
    """A window as the table holds it, behind the item's number and the stream."""
    applied = None if window.applied is None else json.dumps(window.applied)
    return window.file, json.dumps(window.shape), window.dtype, window.digest, applied, window.quality


def _window(file: str, shape: str, dtype: str, digest: str, applied: str | None, quality: float | None) -> StoredWindow:
    return StoredWindow(
        file=file,
        shape=tuple(json.loads(shape)),
        dtype=dtype,
        digest=digest,
        applied=None if applied is None else json.loads(applied),
        quality=quality,
    )


def _latest_labels(database: sqlite3.Connection) -> sqlite3.Cursor:
    latest = "SELECT max(id) FROM labels GROUP BY item_id, name"
    return database.execute(f"SELECT item_id, name, value FROM labels WHERE id IN ({latest}) ORDER BY name")  # noqa: S608


def _list(values: Collection[str]) -> str:
    return json.dumps(list(values))
