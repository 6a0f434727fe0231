"""The recordings of a folder."""

from dataclasses import dataclass
from pathlib import Path

from sensors.errors import SensorReadError
from sensors.recordings.quarantine import quarantine
from sensors.recordings.recording import Recording
from sensors.recordings.repair import CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What stands in a folder, oldest first."""

    recordings: tuple[Recording, ...]
    """Those that can be read."""
    quarantined: tuple[Path, ...]
    """Those that could not and were moved just now; where they are."""


def shelf(folder: Path) -> Shelf:
    """Open every closed recording of a folder; what cannot be read goes to quarantine and hinders no other.

    Raises:
        SensorNotFoundError: the library `mcap` is not installed.
    """
    recordings, quarantined = [], []
    for path in sorted(folder.glob(f"*{CLOSED}")):
        try:
            recordings.append(Recording(path))
        except SensorReadError:
            quarantined.append(quarantine(path))
    return Shelf(recordings=tuple(recordings), quarantined=tuple(quarantined))
