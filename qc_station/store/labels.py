"""What people say about items: rows are only ever added, the latest counts, and an act is taken back as a whole."""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Final

from qc_station.errors import StoreError

VALIDATION_SHARE: Final = 0.2
"""Of the groups that are labelled on the station, where it has validation items."""


def say(database: sqlite3.Connection, item: str, values: Mapping[str, str | None], who: str, now_ns: int) -> None:
    """Append one act to an item's history; a labelled item is given a split, see `_settle`.

    Args:
        database: The connection that writes, in a transaction.
        item: Name of the item.
        values: By manifest column, e.g. {"label": "crack", "severity": "2"}; None takes a label back.
        who: Who says so.
        now_ns: When.
    """
    number = _number(database, item)
    _append(database, number, values, who, now_ns, undoes=None)
    if any(value is not None for value in values.values()):
        _settle(database, number)


def take_back(database: sqlite3.Connection, item: str, who: str, now_ns: int) -> dict[str, str | None]:
    """Restore what was said before the last act that still counts; done again, the one before is taken back.

    Returns:
        By column of that act, what counts now; None for nothing.
    """
    number = _number(database, item)
    query = """SELECT max(act) FROM labels WHERE item_id = :item AND undoes IS NULL
               AND act NOT IN (SELECT undoes FROM labels WHERE item_id = :item AND undoes IS NOT NULL)"""
    (act,) = database.execute(query, {"item": number}).fetchone()
    if act is None:
        raise StoreError(
            f"item {item!r}: nothing to take back; nobody has labelled it on this station, or all of it was"
        )
    columns = database.execute("SELECT name FROM labels WHERE item_id = ? AND act = ?", (number, act)).fetchall()
    before = {column: _before(database, number, column, act) for (column,) in columns}
    _append(database, number, before, who, now_ns, undoes=act)
    return before


def history(database: sqlite3.Connection, item: str) -> Iterator[Mapping[str, object]]:
    """Everything that was ever said about an item: column, value, who, created_ns, act, undoes; oldest first."""
    query = """SELECT labels.name, value, who, labels.created_ns, act, undoes FROM labels
               JOIN items ON items.id = item_id WHERE items.name = ? ORDER BY labels.id"""
    for row in database.execute(query, (item,)):
        yield dict(zip(("column", "value", "who", "created_ns", "act", "undoes"), row, strict=True))


def _number(database: sqlite3.Connection, item: str) -> int:
    row = database.execute("SELECT id FROM items WHERE name = ?", (item,)).fetchone()
    if row is None:
        raise StoreError(f"no item named {item!r} in the store")
    return int(row[0])


def _append(
    database: sqlite3.Connection,
    number: int,
    values: Mapping[str, str | None],
    who: str,
    now_ns: int,
    undoes: int | None,
) -> None:
    (act,) = database.execute("SELECT coalesce(max(act), 0) + 1 FROM labels WHERE item_id = ?", (number,)).fetchone()
    database.executemany(
        "INSERT INTO labels (item_id, name, value, who, created_ns, act, undoes) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(number, column, value, who, now_ns, act, undoes) for column, value in values.items()],
    )


def _before(database: sqlite3.Connection, number: int, column: str, act: int) -> str | None:
    """What counted for a column before an act: the latest that is neither an undoing nor undone."""
    query = """SELECT value FROM labels WHERE item_id = :item AND name = :column AND coalesce(act, 0) < :act
               AND undoes IS NULL AND coalesce(act, 0) NOT IN
                   (SELECT undoes FROM labels WHERE item_id = :item AND undoes IS NOT NULL)
               ORDER BY id DESC LIMIT 1"""
    row = database.execute(query, {"item": number, "column": column, "act": act}).fetchone()
    return None if row is None else row[0]


def _settle(database: sqlite3.Connection, number: int) -> None:
    """Give the group of a labelled item a split where it has none, so that retraining can use it.

    A fifth of the groups, by a hash of their names, goes to validation. Where the station has no validation items,
    training holds back groups of its own; a handful of live ones must not take their place, so all go to training.
    """
    group, split = database.execute("SELECT grp, split FROM items WHERE id = ?", (number,)).fetchone()
    if split is not None:
        return
    known = database.execute("SELECT split FROM items WHERE grp = ? AND split IS NOT NULL", (group,)).fetchone()
    validated = database.execute("SELECT 1 FROM items WHERE split = 'val' LIMIT 1").fetchone() is not None
    chosen = known[0] if known else "val" if validated and for_validation(group) else "train"
    database.execute("UPDATE items SET split = ? WHERE grp = ? AND split IS NULL", (chosen, group))


def for_validation(group: str) -> bool:
    """Whether a group belongs to the fifth that validates: the same answer on every day and machine."""
    place = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big")
    return place < VALIDATION_SHARE * 2**64
