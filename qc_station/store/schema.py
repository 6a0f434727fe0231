"""The database's connections and the steps of its schema."""

import re
import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Final

from qc_station.errors import StoreError

FILE_NAME: Final = "store.sqlite"
BUSY_S: Final = 30.0


def steps() -> list[tuple[int, str]]:
    """Number and SQL of every migration, in order."""
    scripts = [
        file for file in files("qc_station.store").joinpath("migrations").iterdir() if file.name.endswith(".sql")
    ]
    numbered = ((re.match(r"\d+", script.name), script) for script in scripts)
    return sorted((int(match[0]), script.read_text(encoding="utf-8")) for match, script in numbered if match)


def connect_writer(folder: Path) -> sqlite3.Connection:
    """The connection that writes: WAL, and every commit synced before it is told.

    Raises:
        StoreError: The database was written by a newer version of this program.
        sqlite3.Error: The database is damaged or cannot be opened.
    """
    database = sqlite3.connect(folder / FILE_NAME, timeout=BUSY_S, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA foreign_keys = ON")
        _migrate(database, folder)
    except BaseException:
        database.close()
        raise
    return database


def connect_reader(folder: Path) -> sqlite3.Connection:
    """A connection that cannot write and sees the last commit."""
    uri = f"{(folder / FILE_NAME).absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)


def _migrate(database: sqlite3.Connection, folder: Path) -> None:
    newest = steps()[-1][0]
    version = _version(database)
    if version > newest:
        raise StoreError(
            f"store {folder}: its schema is version {version}, this program knows up to {newest}; install a newer qc-station"
        )
    for number, script in steps():
        # Asked again inside the transaction: another process may have taken the step meanwhile.
        database.execute("BEGIN IMMEDIATE")
        if _version(database) < number:
            for statement in _statements(script):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
        database.execute("COMMIT")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> list[str]:
    """A script's statements one by one; sqlite3's own executescript would commit the open transaction first."""
    found, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
