"""Puts a damaged file out of the way, where a person can look at it."""

from pathlib import Path

FOLDER = "quarantine"
"""Stands beside the recordings."""


def quarantine(path: Path) -> Path:
    """Move a file into the quarantine of its folder; never over another one.

    Returns:
        Where it is now.
    """
    folder = path.parent / FOLDER
    folder.mkdir(exist_ok=True)
    target, copy = folder / path.name, 1
    while target.exists():
        copy += 1
        target = folder / f"{path.name}.{copy}"
    return path.rename(target)
