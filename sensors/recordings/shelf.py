"""The recordings of a folder."""

from dataclasses import dataclass
from pathlib import Path

from sensors.errors import SensorReadError
from sensors.recordings.errors import RecordingError
from sensors.recordings.quarantine import quarantine
from sensors.recordings.recording import Recording
from sensors.recordings.repair import CLOSED, Recovered, intact, recover


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What stands in a folder, oldest first."""

    recordings: tuple[Recording, ...]
    """Those that can be read, the recovered ones among them."""
    quarantined: tuple[Path, ...]
    """Those that could not and were moved just now; where they are."""
    recovered: tuple[Recovered, ...]
    """What was saved of them, into recordings of their names."""
    failed: tuple[str, ...]
    """One message per file in quarantine of which nothing could be saved now, for want of room for instance."""


def shelf(folder: Path, *, check: bool = False) -> Shelf:
    """Open every closed recording of a folder; what is damaged goes to quarantine and hinders no other.

    All whole messages of a damaged file are written into a new one of its name.

    Args:
        folder: Of the recordings.
        check: Whether to read every byte; otherwise the index alone, which says nothing of the samples.

    Raises:
        SensorNotFoundError: the library `mcap` is not installed.
    """
    recordings, quarantined, recovered, failed = [], [], [], []
    for path in sorted(folder.glob(f"*{CLOSED}")):
        if (found := _opened(path, check)) is None:
            quarantined.append(aside := quarantine(path))
            try:
                recovered.append(recover(aside, path))
            except RecordingError as error:
                failed.append(str(error))
            found = _opened(path, check=False) if path.exists() else None
        if found is not None:
            recordings.append(found)
    saved = tuple(one for one in recovered if one.path is not None)
    return Shelf(recordings=tuple(recordings), quarantined=tuple(quarantined), recovered=saved, failed=tuple(failed))


def _opened(path: Path, check: bool) -> Recording | None:
    """The recording; None if it is damaged."""
    try:
        recording = Recording(path)
    except SensorReadError:
        return None
    return recording if not check or intact(path) else None
