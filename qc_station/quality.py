"""How far a window can be relied on: a number from 0 to 1, measured when the window is recorded.

    quality = coverage x flags x (1 + clarity) / 2

`coverage` is the share of samples that were delivered, `flags` the product of the factors below, and `clarity` the share
of the window's power that stands out of its noise, S / (S + N): the gain of a Wiener filter (Wiener 1949). A window in
which nothing stands out still counts half, since silence can be what a good part sounds like.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sensors.readings import Quality

FACTORS: Final = {Quality.OVERFLOW: 0.5, Quality.SATURATED: 0.5, Quality.REPEATED: 0.25, Quality.WARMING: 0.5}
"""What is left of a window's quality by the flags of its readings; a gap before one is told by the coverage."""
FRAME: Final = 64
"""Samples of the short frames whose powers tell a sound that comes and goes from one that stays."""
FEWEST_FRAMES: Final = 10
"""Windows of fewer frames are judged by their spectrum alone."""
FLOOR: Final = 1e-12
"""Power, relative to the window's largest square, under which there is nothing but rounding."""


def window_quality(kind: str, data: NDArray[Any], missing: int, flags: Quality) -> float:
    """Quality of one window.

    Args:
        kind: waveform, image or series; for any other kind clarity is not measured and taken for 1.
        data: Shape (channels, samples), (frames, height, width) or (channels, steps).
        missing: Samples, frames or steps that were not delivered.
        flags: Of the readings that the window was taken from.

    Returns:
        0 to 1; 0 for a window of which nothing was delivered.
    """
    length = data.shape[0] if kind == "image" else data.shape[-1]
    coverage = max(0.0, 1 - missing / length) if length else 0.0
    kept = math.prod(factor for flag, factor in FACTORS.items() if flags & flag)
    measure = CLARITY.get(kind)
    return coverage * kept * (1.0 if measure is None else (1 + measure(data.astype(np.float64))) / 2)


def sound_clarity(data: NDArray[np.float64]) -> float:
    """Share of a sound's power that stands out of its noise in time or in frequency; the clearest channel counts.

    Noise in time is the median power of short frames, noise in frequency the median of the periodogram, each over the
    median that white noise of power 1 has there: (1 - 2 / 9k)^3 for a frame of k samples (chi-square, Wilson and
    Hilferty 1931), ln 2 for a periodogram (exponential). What is noise by both is noise: a knock stands out in time, a
    hum in frequency.

    Args:
        data: Shape (channels, samples), float64.
    """
    found = [0.0]
    for channel in data - data.mean(axis=-1, keepdims=True):
        power = float((channel**2).mean())
        if power <= FLOOR * max(1.0, float((channel**2).max())):
            continue
        noise = min(_noise_in_time(channel), _noise_in_frequency(channel))
        found.append(max(0.0, 1 - noise / power))
    return max(found)


def _noise_in_time(channel: NDArray[np.float64]) -> float:
    frames = channel[: len(channel) // FRAME * FRAME].reshape(-1, FRAME)
    if len(frames) < FEWEST_FRAMES:
        return math.inf
    return float(np.median((frames**2).mean(axis=1))) / (1 - 2 / (9 * FRAME)) ** 3


def _noise_in_frequency(channel: NDArray[np.float64]) -> float:
    window = np.hanning(len(channel) + 2)[1:-1]
    periodogram = np.abs(np.fft.rfft(channel * window)) ** 2 / (window**2).sum()
    return float(np.median(periodogram)) / math.log(2)


def picture_clarity(data: NDArray[np.float64]) -> float:
    """Share of a picture's variance that is not noise, the mean of its frames.

    The noise is measured as Immerkaer does (Computer Vision and Image Understanding 64, 1996): the mean absolute answer
    of the difference of two Laplacians, which neither planes nor straight edges raise.

    Args:
        data: Shape (frames, height, width), float64.
    """
    if min(data.shape[1:]) < 3:
        return 1.0
    columns = data[:, :, :-2] - 2 * data[:, :, 1:-1] + data[:, :, 2:]
    mask = columns[:, :-2] - 2 * columns[:, 1:-1] + columns[:, 2:]
    noise = math.pi / 2 * (np.abs(mask).mean(axis=(1, 2)) / 6) ** 2
    return _clear(noise, data.var(axis=(1, 2)))


def series_clarity(data: NDArray[np.float64]) -> float:
    """Share of a series' power that is not noise, the mean of its channels; a steady level is signal.

    The noise is the mean square of the second differences over 6 (Gasser, Sroka and Jennen-Steinmetz 1986).

    Args:
        data: Shape (channels, steps), float64.
    """
    if data.shape[-1] < 3:
        return 1.0
    bend = data[:, :-2] - 2 * data[:, 1:-1] + data[:, 2:]
    return _clear((bend**2).mean(axis=1) / 6, (data**2).mean(axis=1))


def _clear(noise: NDArray[np.float64], power: NDArray[np.float64]) -> float:
    """Mean of 1 - noise / power; where there is no power at all, nothing is clear."""
    share = np.divide(noise, power, out=np.ones_like(power), where=power > 0)
    return float(np.clip(1 - share, 0, 1).mean())


CLARITY: Final[dict[str, Callable[[NDArray[np.float64]], float]]] = {
    "waveform": sound_clarity,
    "image": picture_clarity,
    "series": series_clarity,
}
"""How the signal to noise is measured, by kind."""
