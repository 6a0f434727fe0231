"""The file that spares a station reading all its decisions again."""

import logging
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from qc_station.drift.stream import StreamState
from qc_station.files import write_atomically

LOG = logging.getLogger(__name__)
FILE: Final = "drift.json"
FORMAT: Final = 1


class DriftState(Struct, frozen=True, kw_only=True):
    """What a station knows of drift after some decision; it follows from the decisions up to it, and from nothing else."""

    format: int = FORMAT
    """Layout of the file; one of another is not used."""
    number: int = 0
    """Of the last decision that was looked at."""
    bundle: str = ""
    """Digest of the bundle that decided then; p-values of two bundles are not compared."""
    streams: dict[str, StreamState] = {}
    """By name."""


def read_state(folder: Path) -> DriftState:
    """The state of a station; the empty one, from which all decisions are read, where there is none that can be used."""
    path = folder / FILE
    try:
        found = msgspec.json.decode(path.read_bytes(), type=DriftState)
    except FileNotFoundError:
        return DriftState()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        LOG.warning("%s is not used, all decisions are read again: %s", path, error)
        return DriftState()
    return found if found.format == FORMAT else DriftState()


def write_state(folder: Path, state: DriftState) -> None:
    """Write the state of a station.

    Raises:
        OSError: the disk is full or the folder cannot be written; the older file stays.
    """
    write_atomically(folder / FILE, msgspec.json.encode(state))
