"""Bundles as the application meets them: their stream tables, and which one a name means."""

from pathlib import Path

import msgspec

from deploy.bundle import Manifest
from deploy.errors import BundleError
from qc_station.config.station import StreamConfig

FOLDER = "bundles"


def stream_tables(manifest: Manifest) -> dict[str, StreamConfig]:
    """The stream tables that a bundle was trained with, for cutting recordings in the same way.

    Raises:
        BundleError: a table that this program does not understand.
    """
    try:
        return {name: msgspec.convert(s.table, StreamConfig) for name, s in manifest.streams.items()}
    except msgspec.ValidationError as error:
        raise BundleError(f"bundle of station {manifest.station!r}: stream table not understood: {error}") from error


def newest(station: Path) -> Path:
    """The bundle that a station trained last.

    Raises:
        BundleError: the station has none.
    """
    found = sorted((station / FOLDER).glob("[0-9a-f]*"), key=lambda p: p.stat().st_mtime_ns)
    if not found:
        raise BundleError(f"station {station} has no bundle; `qc-station train --station {station}` makes one")
    return found[-1]
