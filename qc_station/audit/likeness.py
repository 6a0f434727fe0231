"""Are two windows one recording? A small vector to search by, and an exact look at the two that it finds.

What all windows of a set have in common (a camera's fixture, a gas cycle's shape) is taken away first, so that parts that
look alike are not taken for copies. A copy may be louder, shifted in time, mirrored, coded again or a little noisier.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.injection import InputSpec
from models.simple_features import cells, simple_features

Windows = Sequence[NDArray[Any]]
Vectors = NDArray[np.float32]
Values = NDArray[np.float64]
TINY: Final = 1e-12


class Likeness(ABC):
    """How windows of one kind are compared."""

    variants: int = 1
    """Ways in which a copy may lie, each with a vector of its own."""
    reach: float = np.inf
    """Distance of vectors beyond which nothing is a copy."""

    @abstractmethod
    def vectors(self, windows: Windows) -> Vectors:
        """Vectors to search by, shape (variants, windows, numbers); the first variant is the window as it is."""

    @abstractmethod
    def same(self, one: NDArray[Any], other: NDArray[Any]) -> bool:
        """Whether two windows that were found close are one recording."""


class SoundLikeness(Likeness):
    """Sounds: close log spectra, and a correlation that leaves no room for another recording."""

    LEAST: Final = 0.97
    """Correlation at the best shift; two knocks on one bottle reach 0.8."""
    # Unit vectors at a correlation of 1/2.
    reach = 1.0

    def __init__(self, spec: InputSpec) -> None:
        self._spec = spec

    def vectors(self, windows: Windows) -> Vectors:
        """Shape of the log spectrum without the level."""
        found = simple_features(self._spec, np.stack(windows))
        return _unit(_standard(found - found.mean(axis=1, keepdims=True)))[None]

    def same(self, one: NDArray[Any], other: NDArray[Any]) -> bool:
        """Largest cross-correlation over all shifts, of all channels together, over the mean energy of the two."""
        first, second = (window.astype(np.float64) for window in (one, other))
        first, second = (window - window.mean(axis=-1, keepdims=True) for window in (first, second))
        size = 2 * first.shape[-1]
        product = np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size))
        together = np.abs(np.fft.irfft(product, size).sum(axis=0)).max()
        return bool(together >= self.LEAST * np.sqrt((first**2).sum() * (second**2).sum()) > 0)


class PictureLikeness(Likeness):
    """Frames: close in what sets them apart from the mean frame, as they are or mirrored, and in their finest detail."""

    LEAST: Final = 0.998
    """Correlation of the deviations from the mean frame; solar modules that only look alike reach 0.996."""
    LEAST_DETAIL: Final = 0.8
    """Correlation of their Laplacians, which hold edges and noise: another frame of the same scene has other noise."""
    CELLS: Final = 16
    variants = 4
    # Unit vectors at a correlation of 0.9.
    reach = 0.45

    def __init__(self, windows: Windows) -> None:
        self._mean = sum(map(_still, windows), np.zeros(windows[0].shape[1:])) / len(windows)

    def vectors(self, windows: Windows) -> Vectors:
        """Coarse cells of the deviation, of the frame and its three mirror images."""
        stills = [_still(window) for window in windows]
        found = [[self._coarse(_mirrored(still, variant)) for still in stills] for variant in range(self.variants)]
        return np.stack([_unit(np.array(rows)) for rows in found])

    def same(self, one: NDArray[Any], other: NDArray[Any]) -> bool:
        """Correlation of deviation and of detail, at the best of the mirror images."""
        first, second = self._deviation(_still(one)), _still(other)
        turned = [self._deviation(_mirrored(second, variant)) for variant in range(self.variants)]
        best = max(turned, key=lambda frame: _correlation(first, frame))
        alike = _correlation(first, best) >= self.LEAST
        return alike and _correlation(_detail(first), _detail(best)) >= self.LEAST_DETAIL

    def _deviation(self, still: Values) -> Values:
        return still - self._mean

    def _coarse(self, still: Values) -> Values:
        rows, columns = still.shape
        small = cells(cells(self._deviation(still), min(self.CELLS, rows), axis=0), min(self.CELLS, columns), axis=1)
        found: Values = (small - small.mean()).ravel()
        return found


class SeriesLikeness(Likeness):
    """Series: so much closer than neighbours usually are that chance is out."""

    SHARE: Final = 0.05
    """Of the median distance to the nearest neighbour."""
    FEWEST: Final = 20
    """Windows without which there is no usual distance."""

    def __init__(self, spec: InputSpec, windows: Windows) -> None:
        self._spec = spec
        found = simple_features(spec, np.stack(windows))
        self._mean, self._deviation = found.mean(axis=0), np.maximum(found.std(axis=0), TINY)
        self._usual = _usual_distance(self._features(windows)) if len(windows) >= self.FEWEST else 0.0

    def vectors(self, windows: Windows) -> Vectors:
        """Standardized logarithms of the steps."""
        return self._features(windows).astype(np.float32)[None]

    def same(self, one: NDArray[Any], other: NDArray[Any]) -> bool:
        """Distance against the usual one."""
        first, second = self._features([one, other])
        return bool(np.linalg.norm(first - second) < self.SHARE * self._usual)

    def _features(self, windows: Windows) -> Values:
        found: Values = (simple_features(self._spec, np.stack(windows)) - self._mean) / self._deviation
        return found


def likeness(spec: InputSpec, windows: Windows) -> Likeness:
    """How the windows of a stream are compared; kinds that are not known are compared as series."""
    if spec.kind == "waveform":
        return SoundLikeness(spec)
    if spec.kind == "image":
        return PictureLikeness(windows)
    return SeriesLikeness(spec, windows)


def _still(window: NDArray[Any]) -> Values:
    """The mean frame with mean 0 and deviation 1."""
    frame: Values = window.mean(axis=0, dtype=np.float64)
    found: Values = (frame - frame.mean()) / max(float(frame.std()), TINY)
    return found


def _mirrored(frame: Values, variant: int) -> Values:
    """0: as it is; 1: left and right exchanged; 2: top and bottom; 3: both, which is half a turn."""
    return frame[:: -1 if variant & 2 else 1, :: -1 if variant & 1 else 1]


def _detail(frame: Values) -> Values:
    """Laplacian of the inner pixels; the frame itself where there are none."""
    if min(frame.shape) < 3:
        return frame
    inner = frame[1:-1, 1:-1]
    found: Values = 4 * inner - frame[:-2, 1:-1] - frame[2:, 1:-1] - frame[1:-1, :-2] - frame[1:-1, 2:]
    return found


def _correlation(one: Values, other: Values) -> float:
    first, second = (one - one.mean()).ravel(), (other - other.mean()).ravel()
    return float(first @ second / max(float(np.sqrt((first @ first) * (second @ second))), TINY))


def _standard(features: Values) -> Values:
    found: Values = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), TINY)
    return found


def _unit(vectors: Values) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Vectors = (vectors / np.maximum(lengths, TINY)).astype(np.float32)
    return found


def _usual_distance(features: Values, most: int = 2000) -> float:
    """Median distance to the nearest other window, of at most so many windows at regular places."""
    some = features[:: -(-len(features) // most)]
    squares = (some**2).sum(axis=1)
    distances = squares[:, None] + squares[None] - 2 * some @ some.T
    np.fill_diagonal(distances, np.inf)
    return float(np.sqrt(np.maximum(np.median(distances.min(axis=1)), 0.0)))
