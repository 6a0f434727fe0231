"""What the camera itself adds to the scene: noise, a fixed pattern, an offset that drifts, and a shutter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.shutter import Indices, Shutter
from sensors.simulated.source import wander, white

COUNTS_PER_KELVIN = 100.0
UNEVEN = 0.3
"""Spread of what the pixels take of a drift, relative to their mean."""
WARMING_S = 400.0
"""Period of the slowest wandering of the camera's own temperature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imager:
    """An uncooled thermal camera without its optics."""

    noise_k: float = 0.06
    """Spread of the noise that is new in every frame, in kelvins (NETD)."""
    pattern_k: float = 0.25
    """Spread of the fixed pattern, the same in every frame, in kelvins."""
    drift_k: float = 0.0
    """About how far the offset wanders with the camera's own temperature, until a shutter takes it back, in kelvins."""
    shutter: Shutter | None = None
    """None for a camera without one, whose offset is never corrected after switching on."""


class ImagerError:
    """What one camera adds to the frames of a shift, by the index of the frame."""

    def __init__(self, imager: Imager, seed: int, shape: tuple[int, int], rate_hz: float) -> None:
        """Draw the camera.

        Args:
            imager: Its properties.
            seed: Same seed, same camera and noise.
            shape: Height and width.
            rate_hz: Nominal frames a second.
        """
        self._imager, self._seed, self._shape, self._rate_hz = imager, seed, shape, rate_hz
        self._pattern_k = np.random.default_rng([seed, 20]).normal(0.0, imager.pattern_k, shape)
        self._share = 1.0 + UNEVEN * np.random.default_rng([seed, 25]).standard_normal(shape)

    def shown(self, index: Indices) -> Indices:
        """Which frame is delivered in each frame's place: an older one while a shutter is closed."""
        return self._imager.shutter.shown(index) if self._imager.shutter else index

    def offset_k(self, index: Indices) -> NDArray[np.float64]:
        """Truth: the drift of every pixel since the last correction, shape (frames, height, width), float64."""
        shutter = self._imager.shutter
        corrected = shutter.corrected(index) if shutter else np.zeros_like(index)
        warmed = self._warmth(index) - self._warmth(corrected)
        return np.asarray(self._imager.drift_k * warmed[:, None, None] * self._share)

    def counts(self, first: int, scene_k: NDArray[np.float64]) -> NDArray[np.uint16]:
        """Frames in centikelvin.

        Args:
            first: Index of the first frame.
            scene_k: What the optics show, shape (frames, height, width), float64.
        """
        index = np.arange(first, first + len(scene_k))
        noise = white([self._seed, 22], first, len(scene_k), self._shape, cell=16)
        seen_k = scene_k + self._pattern_k + self._imager.noise_k * noise
        if self._imager.drift_k:
            seen_k += self.offset_k(index)
        return np.clip(np.rint(seen_k * COUNTS_PER_KELVIN), 0, 65535).astype(np.uint16)

    def _warmth(self, index: Indices) -> NDArray[np.float64]:
        """The camera's own temperature in units of its swing; the clock of the camera is good enough for that."""
        return wander([self._seed, 26], index / self._rate_hz, WARMING_S)
