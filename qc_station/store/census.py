"""How much there is in a store, and what is wrong with it."""

import sqlite3
from pathlib import Path
from typing import Any

from qc_station.store.decisions import still_open
from qc_station.store.items import entries


def counts(database: sqlite3.Connection) -> dict[str, Any]:
    """Numbers by table: items, splits, windows by stream, labels by column and value, decisions by verdict, parts."""
    found = entries(database, None)
    labels: dict[str, dict[str, int]] = {}
    for entry in found:
        for column, value in entry.labels.items():
            values = labels.setdefault(column, {})
            values[value] = values.get(value, 0) + 1
    return {
        "items": len(found),
        "splits": _grouped(database, "SELECT coalesce(split, 'none'), count(*) FROM items GROUP BY 1"),
        "windows": _grouped(database, "SELECT stream, count(*) FROM windows GROUP BY 1"),
        "labels": labels,
        "decisions": _grouped(database, "SELECT verdict, count(*) FROM decisions GROUP BY 1"),
        "undecided": database.execute("SELECT count(*) FROM parts WHERE undecided IS NOT NULL").fetchone()[0],
        "open_parts": len(still_open(database)),
    }


def faults(database: sqlite3.Connection, folder: Path) -> list[str]:
    """A line for every damaged page and every file that is missing."""
    damage = [text for (text,) in database.execute("PRAGMA quick_check") if text != "ok"]
    files = (file for (file,) in database.execute("SELECT file FROM windows ORDER BY file"))
    return damage + [f"{folder / file} is missing" for file in files if not (folder / file).is_file()]


def _grouped(database: sqlite3.Connection, query: str) -> dict[str, int]:
    return dict(database.execute(query))
