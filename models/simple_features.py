"""Simple features of raw windows: what anybody would try first, for the floor under every network.

waveform: log power in 64 bands of the spectrum, by channel; image: the means of 12 x 12 cells and some of the sorted
pixels, which do not know where something is; series: the logarithm of at most 32 steps of every channel.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.injection import InputSpec, full_scale

BANDS = 64
CELLS = 12
STEPS = 32
PLACES = (0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 0.995, 1.0)
"""Where the sorted pixels of a frame are read."""
QUIETEST = 1e-12
"""Power relative to full scale under which there is nothing but rounding."""
BLOCK = 64
"""Windows that are taken at once."""


def simple_features(spec: InputSpec, windows: NDArray[Any]) -> NDArray[np.float64]:
    """Features of many windows of one stream.

    Args:
        spec: The stream; a kind other than waveform and image is treated as a series.
        windows: Raw, in the recording's own dtype, shape (items, *spec.shape).

    Returns:
        Shape (items, features), float64, finite.
    """
    measure = {"waveform": _spectra, "image": _pictures}.get(spec.kind, _levels)
    scale = full_scale(spec.dtype) if spec.kind == "waveform" else 1.0
    parts = [
        measure(windows[start : start + BLOCK].astype(np.float64) / scale) for start in range(0, len(windows), BLOCK)
    ]
    return np.concatenate(parts) if parts else measure(np.zeros((1, *spec.shape)))[:0]


def _spectra(sounds: NDArray[np.float64]) -> NDArray[np.float64]:
    power = np.abs(np.fft.rfft(sounds * np.hanning(sounds.shape[-1]), axis=-1)) ** 2
    bands = cells(power, min(BANDS, power.shape[-1]), axis=2)
    return _flat(np.log(bands + QUIETEST))


def _pictures(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    still = frames.mean(axis=1, dtype=np.float64)
    rows = cells(still, min(CELLS, still.shape[1]), axis=1)
    coarse = _flat(cells(rows, min(CELLS, still.shape[2]), axis=2))
    # Single precision sorts several times faster and still tells every count of a 16-bit frame.
    pixels = np.sort(_flat(still).astype(np.float32), axis=1)
    places = [round(place * (pixels.shape[1] - 1)) for place in PLACES]
    return np.concatenate([coarse, pixels[:, places]], axis=1)


def _levels(series: NDArray[np.float64]) -> NDArray[np.float64]:
    # A kind of somebody's own may have any shape; its numbers are one long channel then.
    series = series if series.ndim == 3 else series.reshape(len(series), 1, -1)
    steps = cells(series, min(STEPS, series.shape[-1]), axis=2)
    return _flat(np.sign(steps) * np.log1p(np.abs(steps)))


def cells(values: NDArray[np.float64], count: int, axis: int) -> NDArray[np.float64]:
    """Means of so many nearly equal pieces of an axis."""
    length = values.shape[axis]
    starts = np.arange(count) * length // count
    sums: NDArray[np.float64] = np.add.reduceat(values, starts, axis=axis)
    sizes = np.diff(np.append(starts, length)).reshape([-1 if n == axis else 1 for n in range(values.ndim)])
    return sums / sizes


def _flat(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.reshape(len(values), -1)
