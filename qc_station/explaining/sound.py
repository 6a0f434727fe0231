"""Takes blocks of time and frequency out of a waveform."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qc_station.explaining.place import Occlusions, Place

BANDS, BLOCKS = 12, 6
"""In frequency and in time."""
QUIETER = 10.0 ** (-10.0 / 20.0)
"""Where no good part is at hand, a band is lowered by 10 dB."""
Wave = NDArray[np.float64]


def band_edges(rate_hz: float, bands: int = BANDS) -> NDArray[np.float64]:
    """Edges of bands that are equally wide in mel, in Hz, shape (bands + 1,).

    O'Shaughnessy 1987, Speech Communication: mel = 2595 log10(1 + f / 700).
    """
    top = 2595.0 * np.log10(1.0 + rate_hz / 2.0 / 700.0)
    return np.asarray(700.0 * (10.0 ** (np.linspace(0.0, top, bands + 1) / 2595.0) - 1.0))


def bands_of(wave: Wave, rate_hz: float, edges: NDArray[np.float64]) -> Wave:
    """The parts of a waveform in each band, which add up to it; shape (channels, samples) to (bands, channels, samples)."""
    spectrum = np.fft.rfft(wave)
    band = np.digitize(np.fft.rfftfreq(wave.shape[-1], 1.0 / rate_hz), edges[1:-1])
    masks = (np.arange(len(edges) - 1)[:, None] == band)[:, None, :]
    return np.asarray(np.fft.irfft(spectrum * masks, wave.shape[-1]))


def fades(samples: int, blocks: int = BLOCKS) -> Wave:
    """Weights of blocks in time, which overlap and add up to 1, so that no cut clicks; shape (blocks, samples)."""
    centres = (np.arange(blocks) + 0.5) * samples / blocks
    distance = np.abs(np.arange(samples) - centres[:, None]) * blocks / samples
    weights = np.clip(1.0 - distance, 0.0, None)
    return np.asarray(weights / weights.sum(axis=0))


def occluded(window: NDArray[np.generic], rate_hz: float, good: Sequence[NDArray[np.generic]]) -> Occlusions:
    """The waveform without each band, and without each block of time of each band.

    A band that is merely removed is a silence that no microphone ever gave; a network answers to it as to something new
    (on the simulated line it found the band of a crack in none of four parts, and 300 Hz instead). What stands there
    instead is therefore that band of good parts, moved in time so that the loudest moments fall together.

    Args:
        window: Shape (channels, samples).
        rate_hz: Samples a second.
        good: Windows of good parts, same shape; none: the band is made 10 dB quieter.
    """
    wave = window.astype(np.float64)
    edges = band_edges(rate_hz)
    mine = bands_of(wave, rate_hz, edges)
    others = [bands_of(aligned(one.astype(np.float64), wave), rate_hz, edges) for one in good] or [mine * QUIETER]
    change = np.stack(others, axis=1) - mine[:, None]
    way = "as in a good part" if good else "10 dB quieter"
    found = places(edges, wave.shape[-1] / rate_hz)
    return Occlusions(places=found, windows=_windows(window, change), way=way)


def _windows(window: NDArray[np.generic], change: Wave) -> Iterator[NDArray[np.float32]]:
    """In the order of `places`; change: of each band in each way, shape (bands, ways, channels, samples)."""
    # Whole bands first, then the blocks of each.
    for weights in (np.ones(window.shape[-1]), *fades(window.shape[-1])):
        for one in change:
            changed = window.astype(np.float64) + one * weights
            if np.issubdtype(window.dtype, np.integer):
                info = np.iinfo(str(window.dtype))
                changed = np.clip(np.rint(changed), info.min, info.max)
            yield changed.astype(np.float32)


def places(edges: NDArray[np.float64], length_s: float) -> tuple[Place, ...]:
    """Whole bands, then for each block of time every band."""
    spans = [(0.0, length_s), *pairwise(np.linspace(0.0, length_s, BLOCKS + 1).tolist())]
    return tuple(
        Place(
            text=f"{low:.0f} to {high:.0f} Hz" + (f", {1e3 * span[0]:.0f} to {1e3 * span[1]:.0f} ms" if number else ""),
            x=span,
            y=(low, high),
            whole=number == 0,
        )
        for number, span in enumerate(spans)
        for low, high in pairwise(edges.tolist())
    )


def aligned(other: Wave, wave: Wave) -> Wave:
    """Another waveform, moved so that its loudest sample falls on that of this one."""
    loudest = [int(np.abs(one).max(axis=0).argmax()) for one in (wave, other)]
    return np.roll(other, loudest[0] - loudest[1], axis=-1)
