"""One file read for one stream, in the stream's window layout."""

import math
import stat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.config.station import StreamConfig
from qc_station.errors import ManifestError
from qc_station.recordings.format import Recording, format_of, formats


def read_recording(path: Path, stream: StreamConfig) -> NDArray[Any]:
    """Decode a file and hold it against its stream.

    Args:
        path: WAV, FLAC, PNG, TIFF, JPEG, NPY or CSV.
        stream: What the file has to be.

    Returns:
        The whole recording, shape (channels, samples), (frames, height, width) or (channels, steps), dtype as declared.

    Raises:
        ManifestError: Says what the file is and what is allowed; names neither file nor row.
    """
    form = format_of(path)
    if form.KIND not in {None, stream.kind}:
        suffixes = sorted(suffix for suffix, other in formats().items() if other.KIND in {None, stream.kind})
        raise ManifestError(f"{path.suffix} holds a {form.KIND}; allowed for a {stream.kind}: {', '.join(suffixes)}")
    recording = form.decode(_content(path))
    _check_rate(recording, stream)
    data = _typed(_shaped(recording, stream), stream)
    _check_finite(data)
    return data


def _content(path: Path) -> bytes:
    try:
        # A pipe or a device would never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ManifestError("not a regular file")
        return path.read_bytes()
    except OSError as error:
        raise ManifestError(f"cannot be read: {error.strerror}") from error


def _check_rate(recording: Recording, stream: StreamConfig) -> None:
    rate_hz = recording.rate_hz
    if rate_hz is not None and stream.rate_hz is not None and not math.isclose(rate_hz, stream.rate_hz, abs_tol=0.5):
        raise ManifestError(f"{rate_hz:g} Hz; allowed: {stream.rate_hz:g} Hz")


def _shaped(recording: Recording, stream: StreamConfig) -> NDArray[Any]:
    """The data with the stream's frame size or channels, columns put in the stream's order."""
    data, names = recording.data, recording.channels
    if stream.kind == "image":
        data = data[None] if data.ndim == 2 else data
        if data.shape[1:] != (stream.height, stream.width):
            shape = " x ".join(map(str, data.shape[1:]))
            raise ManifestError(f"frames of {shape} (height x width); allowed: {stream.height} x {stream.width}")
        return data
    if names is not None and sorted(names) != sorted(stream.channels):
        raise ManifestError(f"columns {', '.join(names)}; allowed: {', '.join(stream.channels)}")
    if data.ndim != 2 or data.shape[0] != len(stream.channels):
        raise ManifestError(f"shape {data.shape}; allowed: {len(stream.channels)} channels first, then the samples")
    if names is not None and names != stream.channels:
        data = data[[names.index(name) for name in stream.channels]]
    return data


def _typed(data: NDArray[Any], stream: StreamConfig) -> NDArray[Any]:
    if stream.kind == "series":
        # Readings come as whatever the logger wrote; float32 holds every count up to 2^24.
        with np.errstate(over="ignore"):
            return data.astype(np.float32, copy=False)
    if data.dtype.name != stream.dtype:
        raise ManifestError(f"samples of type {data.dtype.name}; allowed: {stream.dtype}")
    return data


def _check_finite(data: NDArray[Any]) -> None:
    if data.dtype.kind == "f" and not np.isfinite(data).all():
        where = tuple(int(axis[0]) for axis in np.nonzero(~np.isfinite(data)))
        raise ManifestError(f"{data[where]} at {where}; allowed: finite numbers within float32")
