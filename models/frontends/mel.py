"""Slaney's mel scale and its triangular bands, as librosa has them.

By ourselves because asking librosa loads numba and SciPy's statistics with it, 130 MB that stay: a quarter of what a
training on the box may take. A test holds every bank to librosa's, bit for bit.
"""

import math

import numpy as np
from numpy.typing import NDArray

LINEAR = 200.0 / 3
"""Hz in a mel below the knee."""
KNEE_HZ = 1000.0
STEP = math.log(6.4) / 27.0
"""Logarithm of the ratio of two neighbouring mels above it (Slaney, Auditory Toolbox, 1998)."""


def hz_to_mel(hz: float) -> float:
    """Mels of a frequency."""
    if hz < KNEE_HZ:
        return hz / LINEAR
    return KNEE_HZ / LINEAR + math.log(hz / KNEE_HZ) / STEP


def mel_frequencies(bands: int, highest_hz: float) -> NDArray[np.float64]:
    """Frequencies at even mels from 0 to the highest, both included, in Hz, shape (bands,)."""
    mels = np.linspace(0.0, hz_to_mel(highest_hz), bands)
    knee = KNEE_HZ / LINEAR
    return np.where(mels < knee, mels * LINEAR, KNEE_HZ * np.exp(STEP * (mels - knee)))


def mel_filters(rate_hz: float, n_fft: int, bands: int) -> NDArray[np.float32]:
    """Triangles of unit area over the bins of a transform, from 0 Hz to half the rate, shape (bands, n_fft // 2 + 1).

    A band that lies between two bins is zero.
    """
    bins = np.fft.rfftfreq(n=n_fft, d=1.0 / rate_hz)
    edges = mel_frequencies(bands + 2, rate_hz / 2)
    widths = np.diff(edges)
    ramps = np.subtract.outer(edges, bins)
    rising, falling = -ramps[:-2] / widths[:-1, None], ramps[2:] / widths[1:, None]
    triangles: NDArray[np.float32] = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    triangles *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return triangles
