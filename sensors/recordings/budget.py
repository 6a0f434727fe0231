"""Keeps recordings within their share of the disk."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sensors.recordings.quarantine import FOLDER
from sensors.recordings.repair import CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What had to go."""

    files: int
    """Closed recordings and quarantined files that were removed."""
    size: int
    """Their bytes."""


def keep_within(folder: Path, budget_bytes: int, open_bytes: int) -> Removed:
    """Remove the oldest files until all are within the budget; never one that is being written.

    Quarantined files count too and go first: a disk that makes bad files must not crowd out good ones.

    Args:
        folder: Of the recordings.
        budget_bytes: For all files together.
        open_bytes: What the recording being written takes or will take.

    Raises:
        OSError: a file cannot be removed.
    """
    sizes = {path: path.stat().st_size for path in _oldest_first(folder)}
    excess, files, size = sum(sizes.values()) + open_bytes - budget_bytes, 0, 0
    for path, its_size in sizes.items():
        if size >= excess:
            break
        path.unlink(missing_ok=True)
        files, size = files + 1, size + its_size
    return Removed(files=files, size=size)


def _oldest_first(folder: Path) -> Iterable[Path]:
    """Names begin with a number that counts up; wall clocks may jump."""
    yield from sorted((folder / FOLDER).glob("*"))
    yield from sorted(folder.glob(f"*{CLOSED}"))
