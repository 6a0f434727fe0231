"""What SQLite and the file system throw, in words that say what to do."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from qc_station.errors import DiskFullError, StoreError

DAMAGED: Final = "the database is damaged; move it away and restore a copy, the item files beside it are not touched"
WORDS: Final = {
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_BUSY": "another process has been writing for longer than 30 s; try again when it is done",
    "SQLITE_READONLY": "the folder or the database is read-only",
    "SQLITE_CANTOPEN": "the database cannot be opened; the folder is missing or not accessible",
}


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Turn what the block throws into a `StoreError` that names the store."""
    try:
        yield
    except sqlite3.Error as error:
        name = "_".join((getattr(error, "sqlite_errorname", None) or "").split("_")[:2])
        if name == "SQLITE_FULL":
            raise _full(folder) from error
        raise StoreError(f"store {folder}: {WORDS.get(name, str(error))}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _full(folder) from error
        raise StoreError(f"store {folder}: {error.filename or 'a file'}: {error.strerror}") from error


def _full(folder: Path) -> DiskFullError:
    free = shutil.disk_usage(folder).free // 2**20
    return DiskFullError(
        f"store {folder}: the disk is full ({free} MiB free); free some space and run it again, what was committed is kept"
    )
