"""NPY, without pickled objects."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.errors import ManifestError
from qc_station.recordings.format import Header, Recording

SUFFIXES = (".npy",)
KIND = None


def describe(content: bytes) -> Header:
    """Shape and sample type, see `decode`."""
    data = decode(content).data
    return Header(shape=data.shape, dtype=data.dtype.name)


def decode(content: bytes) -> Recording:
    """The array as it was saved, in native byte order; float64 and float16 become float32.

    Two axes are (channels, samples), (channels, steps) or (height, width), three are (frames, height, width).
    """
    data = read(content)
    if data.dtype.kind not in "iuf" or data.ndim not in {2, 3}:
        raise ManifestError(
            f"{data.ndim} axes of {data.dtype}; allowed: whole numbers or floats on 2 axes, "
            "(channels, samples), (channels, steps) or (height, width), or on 3, (frames, height, width)"
        )
    return Recording(data=_native(data))


def read(content: bytes) -> NDArray[Any]:
    """The array exactly as it was saved; raises `ManifestError` for a file that is unreadable or cut short."""
    try:
        return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError, OverflowError) as error:
        raise ManifestError(f"unreadable or cut short: {error}") from error


def encode(data: NDArray[Any]) -> bytes:
    """An NPY file of any array of numbers."""
    content = io.BytesIO()
    np.lib.format.write_array(content, data, allow_pickle=False)
    return content.getvalue()


def _native(data: NDArray[Any]) -> NDArray[Any]:
    if data.dtype.kind == "f" and data.dtype.itemsize != 4:
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(data, dtype=np.float32)
    return np.ascontiguousarray(data, dtype=data.dtype.newbyteorder("="))
