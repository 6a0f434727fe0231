"""Where windows lie on the disk, and how a batch of them gets there whole."""

import hashlib
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import quote

from qc_station.files import sync_folder

FOLDER: Final = "items"
SYNC_THREADS: Final = 8
"""File systems put the syncs of several threads into one write."""
LONGEST_NAME: Final = 180
"""Bytes of a file name without its suffix; most file systems end at 255."""


def place(stream: str, item: str, suffix: str) -> str:
    """Path of a window relative to the store's folder; different items never share one."""
    name = quote(item, safe=" #+,=@()")
    if len(name) > LONGEST_NAME or name.startswith("."):
        name = f"{name.lstrip('.')[:LONGEST_NAME]}~{hashlib.sha256(item.encode()).hexdigest()[:32]}"
    return f"{FOLDER}/{stream}/{name}{suffix}"


def write_batch(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files by relative path: all under temporary names, all synced, then all renamed.

    Raises:
        OSError: E.g. the disk is full; the temporary files are removed.
    """
    temporary = {folder / path: _temporary(folder / path) for path in contents}
    parents = {path.parent for path in temporary}
    try:
        for parent in parents:
            parent.mkdir(parents=True, exist_ok=True)
        for part, content in zip(temporary.values(), contents.values(), strict=True):
            part.write_bytes(content)
        with ThreadPoolExecutor(SYNC_THREADS) as threads:
            list(threads.map(_sync, temporary.values()))
        for path, part in temporary.items():
            part.replace(path)
        for parent in {*parents, folder / FOLDER, folder}:
            sync_folder(parent)
    except BaseException:
        for part in temporary.values():
            part.unlink(missing_ok=True)
        raise


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
