"""Grey frames out of what OpenCV decodes; shared by the image formats."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from qc_station.errors import ManifestError

DTYPES: Final = ("uint8", "uint16", "float32")

Decoded = TypeVar("Decoded")

# OpenCV writes a line to stderr for every broken file; ours names the row and what is allowed.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def decode(content: bytes) -> NDArray[Any]:
    """One frame as OpenCV gives it, shape (height, width) or (height, width, channels).

    Raises:
        ManifestError: OpenCV cannot decode it.
    """
    return attempt(lambda: cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED))


def attempt(decoder: Callable[[], Decoded | None]) -> Decoded:
    """What a decoder of OpenCV returns; None and its exceptions become a `ManifestError`."""
    try:
        decoded = decoder()
    except cv2.error as error:
        raise ManifestError(f"OpenCV cannot decode it: {error.err}") from error
    if decoded is None:
        raise ManifestError("OpenCV cannot decode it")
    return decoded


def stack(frames: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Frames of one size as one array of shape (frames, height, width).

    Raises:
        ManifestError: A frame has colour, an alpha channel, another size or a sample type that no stream takes.
    """
    grey = [_grey(frame) for frame in frames]
    sizes = sorted({frame.shape for frame in grey})
    if len(sizes) > 1:
        raise ManifestError(f"pages of sizes {sizes}; allowed: one size for all pages")
    data = np.stack(grey)
    if data.dtype.name not in DTYPES:
        raise ManifestError(f"samples of type {data.dtype.name}; allowed: {', '.join(DTYPES)}")
    return data


def _grey(frame: NDArray[Any]) -> NDArray[Any]:
    """A frame without a channel axis; three equal channels are grey written as colour."""
    if frame.ndim == 2:
        return frame
    if frame.shape[2] == 3 and (frame == frame[:, :, :1]).all():
        return np.ascontiguousarray(frame[:, :, 0])
    raise ManifestError(f"{frame.shape[2]} channels; allowed: 1 (grey, or three equal channels)")
