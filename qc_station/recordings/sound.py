"""WAV and FLAC."""

from io import BytesIO
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from qc_station.errors import ManifestError
from qc_station.recordings import riff
from qc_station.recordings.format import Header, Recording

SUFFIXES = (".wav", ".flac")
KIND = "waveform"

DTYPES: Final = {
    "PCM_U8": "int16",
    "PCM_S8": "int16",
    "PCM_16": "int16",
    "PCM_24": "int32",
    "PCM_32": "int32",
    "FLOAT": "float32",
}
"""Smallest sample type that holds a subtype without loss; 8 and 24 bits stand left-justified in it."""
CONTAINERS: Final = ("WAV", "WAVEX", "FLAC")


def describe(content: bytes) -> Header:
    """Shape (channels, samples), sample type and rate from the header."""
    with _opened(content) as file:
        return Header(shape=(file.channels, file.frames), dtype=DTYPES[file.subtype], rate_hz=float(file.samplerate))


def decode(content: bytes) -> Recording:
    """Samples of shape (channels, samples); float files keep full scale 1.0, integers their own numbers."""
    with _opened(content) as file:
        try:
            samples = file.read(dtype=DTYPES[file.subtype], always_2d=True)
        except soundfile.SoundFileError as error:
            raise ManifestError(f"cannot be decoded, probably cut short: {error}") from error
        if len(samples) != file.frames:
            raise ManifestError(f"cut short: {len(samples)} samples, its header says {file.frames}")
        return Recording(data=np.ascontiguousarray(samples.T), rate_hz=float(file.samplerate))


def encode(data: NDArray[Any], rate_hz: float | None) -> tuple[str, bytes]:
    """FLAC where it holds the samples without loss, else WAV.

    Args:
        data: Shape (channels, samples), int16, int32 or float32.
        rate_hz: Stated in the file, rounded to whole hertz; None states 1.

    Returns:
        The suffix and the file's content; `decode` gives back the same bits.
    """
    rate = max(1, round(rate_hz or 1))
    # FLAC ends at 8 channels, 655 350 Hz and 24 bits; soundfile reads 24 bits left-justified in int32.
    flac = (
        data.shape[0] <= 8
        and rate <= 655_350
        and (data.dtype == np.int16 or (data.dtype == np.int32 and not (data & 0xFF).any()))
    )
    container, subtype = (
        ("FLAC", "PCM_16")
        if flac
        else ("WAV", {"int16": "PCM_16", "int32": "PCM_32", "float32": "FLOAT"}[data.dtype.name])
    )
    if flac and data.dtype == np.int32:
        subtype = "PCM_24"
    content = BytesIO()
    soundfile.write(content, data.T, rate, format=container, subtype=subtype)
    return f".{container.lower()}", content.getvalue()


def _opened(content: bytes) -> soundfile.SoundFile:
    try:
        file = soundfile.SoundFile(BytesIO(content))
    except soundfile.SoundFileError as error:
        raise ManifestError("unreadable as WAV or FLAC, or cut short inside its header") from error
    if file.format not in CONTAINERS or file.subtype not in DTYPES:
        raise ManifestError(f"is {file.format} {file.subtype}; allowed: WAV or FLAC of {', '.join(DTYPES)}")
    if file.format != "FLAC":
        riff.check_whole(content)
    return file
