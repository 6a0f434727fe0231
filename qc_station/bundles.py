"""Bundles as the application meets them: where they lie, and their stream tables."""

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
