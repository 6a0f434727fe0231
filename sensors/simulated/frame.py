"""The heat of the parts on the belt as a radiometric camera sees it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.line import Passing
from sensors.simulated.source import seconds, wander, within
from sensors.streams import Stream

RATE_HZ = 9.0
HEIGHT, WIDTH = 24, 32
COUNTS_PER_KELVIN = 100.0
AMBIENT_K = 295.15
BELT_PX_S = 40.0
"""Speed of the belt in pixels a second; at the trigger a part stands in the middle of the frame."""
BODY_K = 12.0
"""How much warmer than the room a part comes."""
NOISE_K = 0.06
PATTERN_K = 0.25
"""Spread of the fixed pattern: what each pixel adds, the same in every frame."""


class ThermalCamera:
    """Apparent temperature in centikelvin, uint16, shape (24, 32)."""

    def __init__(self, passings: Sequence[Passing], seed: int) -> None:
        shape = (HEIGHT, WIDTH)
        self.stream = Stream(name="thermal", kind="image", shape=shape, nominal_rate_hz=RATE_HZ, units=("cK",))
        self._times_s, self._seed = seconds(passings), seed
        self._pattern_k = np.random.default_rng([seed, 20]).normal(0.0, PATTERN_K, shape)
        bodies = [_Body(passing, np.random.default_rng([seed, 21, index])) for index, passing in enumerate(passings)]
        self._bodies = bodies

    def samples(self, first: int, times_s: NDArray[np.float64]) -> NDArray[np.uint16]:
        """Frames at the given times; see `Source.samples`. Shape (frames, 24, 32), uint16."""
        rng = np.random.default_rng([self._seed, 22, first])
        ambient_k = AMBIENT_K + 1.5 * wander([self._seed, 23], times_s, slowest_s=1800.0)
        scene_k = np.tile(ambient_k[:, None, None], (1, HEIGHT, WIDTH))
        reach_s = WIDTH / BELT_PX_S
        for index in within(self._times_s, times_s[0] - reach_s, times_s[-1] + reach_s):
            low, high = np.searchsorted(times_s, self._times_s[index] + np.array([-reach_s, reach_s]))
            offsets_px = (times_s[low:high] - self._times_s[index]) * BELT_PX_S
            scene_k[low:high] += self._bodies[index].excess(offsets_px, ambient_k[low:high])
        noise_k = rng.standard_normal(scene_k.shape, dtype=np.float32) * NOISE_K
        counts = np.rint((scene_k + self._pattern_k + noise_k) * COUNTS_PER_KELVIN)
        return np.clip(counts, 0, 65535).astype(np.uint16)


class _Body:
    """One part's warmth, drawn once."""

    def __init__(self, passing: Passing, rng: np.random.Generator) -> None:
        heat = passing.part.strength("overheat")
        self._body_k = BODY_K + rng.normal(0.0, 2.0)
        self._emissivity = rng.uniform(0.90, 0.96)
        self._half = 5.0 + rng.uniform(-0.4, 0.4), 7.0 + rng.uniform(-0.4, 0.4)
        self._slope_k = rng.normal(0.0, 0.12, 2)
        places = rng.uniform((-2.5, -4.5), (2.5, 4.5), (3, 2))
        # A hot spot that has had longer to heat has spread further: its variance grows by 2 D t (heat kernel).
        spot = (1.5 + 8.0 * heat if heat else 0.0, np.sqrt(1.2 + 3.0 * heat))
        warm = (3.2 * passing.part.warmth, 2.2)
        blotch = (rng.normal(0.0, 0.25), 2.0)
        self._spots = [(*place, *strength) for place, strength in zip(places, (spot, warm, blotch), strict=True)]

    def excess(self, offsets_px: NDArray[np.float64], ambient_k: NDArray[np.float64]) -> NDArray[np.float64]:
        """Apparent kelvins above the room; offsets and room shape (frames,), result shape (frames, 24, 32)."""
        x = np.arange(WIDTH)[None, None, :] - (WIDTH - 1) / 2.0 - offsets_px[:, None, None]
        y = np.arange(HEIGHT, dtype=np.float64)[None, :, None] - (HEIGHT - 1) / 2.0
        above_k: NDArray[np.float64] = self._body_k + self._slope_k[0] * x + self._slope_k[1] * y
        for place_x, place_y, peak_k, width_px in self._spots:
            above_k += peak_k * _bell(x - place_x, width_px) * _bell(y - place_y, width_px)
        room_k = ambient_k[:, None, None]
        seen_k: NDArray[np.float64] = _apparent(room_k + above_k, room_k, self._emissivity) - room_k
        return np.asarray(_edge(x, self._half[0]) * _edge(y, self._half[1]) * seen_k)


def _bell(distance_px: NDArray[np.float64], width_px: float) -> NDArray[np.float64]:
    """A Gaussian of peak 1; shape of `distance_px`."""
    return np.asarray(np.exp(-0.5 * (distance_px / width_px) ** 2))


def _edge(distance_px: NDArray[np.float64], half_px: float) -> NDArray[np.float64]:
    """1 inside, 0 outside, and the camera's blur of about a pixel between; shape of `distance_px`."""
    return np.asarray(np.clip(half_px - np.abs(distance_px) + 0.5, 0.0, 1.0))


def _apparent(true_k: NDArray[np.float64], room_k: NDArray[np.float64], emissivity: float) -> NDArray[np.float64]:
    """What a grey body looks like: T = (e T^4 + (1 - e) room^4)^(1/4), Stefan-Boltzmann with reflected room."""
    return np.asarray((emissivity * true_k**4 + (1.0 - emissivity) * room_k**4) ** 0.25)
