"""Bundles as the application meets them: where they lie, their stream tables, and whether a station can take them."""

from pathlib import Path

import msgspec

from deploy.bundle import BundleStream, Manifest
from deploy.errors import BundleError
from deploy.runtime import Runtime
from qc_station.config.station import StationConfig, StreamConfig

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


def bundle_streams(config: StationConfig) -> dict[str, BundleStream]:
    """The station's streams as a bundle declares them."""
    return {name: _bundle_stream(stream) for name, stream in config.inspecting.items()}


def _bundle_stream(stream: StreamConfig) -> BundleStream:
    return BundleStream(
        kind=stream.kind,
        shape=stream.window_shape,
        dtype=stream.sample_type,
        rate_hz=stream.rate_hz,
        unit=stream.unit or "1",
        required=stream.required,
        # Where this box's devices are is nobody else's business.
        table=msgspec.to_builtins(msgspec.structs.replace(stream, driver=None)),
    )


def fitting_runtime(folder: Path, config: StationConfig) -> Runtime:
    """A bundle that is whole, meets its self-test and takes what the station's sensors deliver; to look at, not to run.

    Raises:
        BundleError: it is not so, with the reason.
    """
    runtime = Runtime(folder)
    runtime.bundle.require_streams(bundle_streams(config))
    return runtime
