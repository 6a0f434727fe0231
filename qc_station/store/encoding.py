"""A window as a file that a person can open, and back, bit for bit."""

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qc_station.config.station import StreamConfig
from qc_station.recordings import array, png, series, sound, tiff
from qc_station.recordings.format import format_of

PLAIN_NAME: Final = re.compile(r"[A-Za-z_][\w .()/%-]*\w|[A-Za-z_]")
"""Channel names that stand in a CSV's header as they are."""


def encode(data: NDArray[Any], stream: StreamConfig) -> tuple[str, bytes]:
    """The suffix and content of a window's file.

    FLAC or WAV for a waveform, PNG or TIFF for an image, CSV for a series; NPY for a kind or sample type that none of
    these holds without loss.

    Args:
        data: Shape (channels, samples), (frames, height, width) or (channels, steps).
        stream: Gives the kind, the rate and the channels' names.
    """
    dtype = data.dtype.name
    if stream.kind == "waveform" and data.ndim == 2 and dtype in {"int16", "int32", "float32"}:
        return sound.encode(data, stream.rate_hz)
    if stream.kind == "image" and data.ndim == 3 and dtype in {"uint8", "uint16", "float32"}:
        if len(data) == 1 and dtype != "float32":
            return ".png", png.encode(data[0])
        return ".tiff", tiff.encode(data)
    # CSV has one NaN for all, so a window with any keeps its bits in NPY.
    if stream.kind == "series" and data.ndim == 2 and dtype == "float32" and np.isfinite(data).all():
        return ".csv", series.encode(data, _column_names(stream, len(data)))
    return ".npy", array.encode(data)


def decode(path: Path) -> NDArray[Any]:
    """The window in a file.

    Raises:
        OSError: The file is missing or cannot be read.
        ManifestError: It is damaged.
    """
    content = path.read_bytes()
    if path.suffix == ".npy":
        return array.read(content)
    return format_of(path).decode(content).data


def _column_names(stream: StreamConfig, count: int) -> tuple[str, ...]:
    """The channels' names, or numbered ones where those would not be read back as a header."""
    names = stream.channels
    if len(names) == count and len(set(names)) == count and all(map(PLAIN_NAME.fullmatch, names)):
        return names
    return tuple(f"channel_{number}" for number in range(1, count + 1))
