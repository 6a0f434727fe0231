"""The heat of the parts on the belt as a radiometric camera sees it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.climate import Climate, Room
from sensors.simulated.emissivity import apparent_k
from sensors.simulated.imager import Imager, ImagerError
from sensors.simulated.line import Passing
from sensors.simulated.source import seconds, within
from sensors.simulated.spot import Spot, cooled
from sensors.streams import Stream

RATE_HZ = 9.0
HEIGHT, WIDTH = 24, 32
ZERO_CELSIUS_K = 273.15
AMBIENT_K = ZERO_CELSIUS_K + Climate().temperature_celsius
LEAST_BELT_PX_S = 40.0
"""Speed of the belt in pixels a second; at the trigger a part stands in the middle of the frame."""
LONGEST_PX = 16.0
"""Of a part with its blur; a belt is at least so fast that no two parts stand in one place."""
BODY_K = 12.0
"""How much warmer than the room a part comes."""


class ThermalCamera:
    """Apparent temperature in centikelvin, uint16, shape (24, 32)."""

    def __init__(
        self, passings: Sequence[Passing], seed: int, imager: Imager | None = None, climate: Climate | None = None
    ) -> None:
        """Draw every part's warmth.

        Args:
            passings: What passes and when.
            seed: Same seed, same bytes.
            imager: Noise, drift and shutter of the camera; None for one without drift and shutter.
            climate: Of the room; None for the usual one.

        Raises:
            ValueError: two parts in one place.
        """
        shape = (HEIGHT, WIDTH)
        self.stream = Stream(name="thermal", kind="image", shape=shape, nominal_rate_hz=RATE_HZ, units=("cK",))
        self.imager = ImagerError(imager or Imager(), seed, shape, RATE_HZ)
        self.room = Room(climate or Climate(), seed)
        self._times_s = seconds(passings)
        closest_s = float(np.diff(self._times_s).min()) if len(passings) > 1 else np.inf
        if closest_s <= 0.0:
            raise ValueError(f"two parts pass within {closest_s:g} s; each must pass after the one before")
        self.belt_px_s = max(LEAST_BELT_PX_S, LONGEST_PX / closest_s)
        self._bodies = [_Body(passing, np.random.default_rng([seed, 21, n])) for n, passing in enumerate(passings)]

    def samples(self, first: int, times_s: NDArray[np.float64]) -> NDArray[np.uint16]:
        """Frames at the given times; see `Source.samples`. Shape (frames, 24, 32), uint16."""
        shown = self.imager.shown(np.arange(first, first + times_s.size))
        start = int(shown[0])
        # A shutter that closed before this call repeats a frame from before it; frames are even in time.
        earlier_s = times_s[0] * np.arange(start, first) / max(1, first)
        frames = self.imager.counts(start, self._scene(np.concatenate([earlier_s, times_s])))
        return frames[shown - start]

    def _scene(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Apparent kelvins before the camera, shape (frames, 24, 32), float64."""
        room_k = ZERO_CELSIUS_K + self.room.temperature_celsius(times_s)
        scene_k = np.tile(room_k[:, None, None], (1, HEIGHT, WIDTH))
        reach_s = WIDTH / self.belt_px_s
        for index in within(self._times_s, times_s[0] - reach_s, times_s[-1] + reach_s):
            low, high = np.searchsorted(times_s, self._times_s[index] + np.array([-reach_s, reach_s]))
            since_s = (times_s[low:high] - self._times_s[index])[:, None, None]
            scene_k[low:high] += self._bodies[index].excess(since_s, self.belt_px_s * since_s, room_k[low:high])
        return scene_k


class _Body:
    """One part's warmth, drawn once."""

    def __init__(self, passing: Passing, rng: np.random.Generator) -> None:
        heat = passing.part.strength("overheat")
        self._body_k = BODY_K + rng.normal(0.0, 2.0)
        self._emissivity = rng.uniform(0.90, 0.96)
        self._half = 5.0 + rng.uniform(-0.4, 0.4), 7.0 + rng.uniform(-0.4, 0.4)
        self._slope_k = rng.normal(0.0, 0.12, 2)
        places = rng.uniform((-2.5, -4.5), (2.5, 4.5), (3, 2)).tolist()
        # What is faulty for longer is hotter, and its heat has spread further by the time it is seen.
        hot = (1.5 + 8.0 * heat if heat else 0.0, 0.75 + 2.5 * heat)
        warm = (3.2 * passing.part.warmth, 3.8)
        blotch = (rng.normal(0.0, 0.25), 3.1)
        self._spots = [
            Spot(x_px=x, y_px=y, kelvin=kelvin, age_s=age_s)
            for (x, y), (kelvin, age_s) in zip(places, (hot, warm, blotch), strict=True)
        ]

    def excess(
        self, since_s: NDArray[np.float64], offsets_px: NDArray[np.float64], room_k: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Apparent kelvins above the room.

        Args:
            since_s: Seconds since the trigger, shape (frames, 1, 1), float64.
            offsets_px: Where the middle of the part is, from the middle of the frame, same shape.
            room_k: Shape (frames,), float64.

        Returns:
            Shape (frames, 24, 32), float64.
        """
        x = np.arange(WIDTH)[None, None, :] - (WIDTH - 1) / 2.0 - offsets_px
        y = np.arange(HEIGHT, dtype=np.float64)[None, :, None] - (HEIGHT - 1) / 2.0
        plain_k = self._body_k + self._slope_k[0] * x + self._slope_k[1] * y
        above_k: NDArray[np.float64] = plain_k * cooled(since_s)
        for spot in self._spots:
            above_k += spot.excess(x, y, since_s)
        around_k = room_k[:, None, None]
        seen_k = apparent_k(around_k + above_k, around_k, self._emissivity) - around_k
        return np.asarray(_edge(x, self._half[0]) * _edge(y, self._half[1]) * seen_k)


def _edge(distance_px: NDArray[np.float64], half_px: float) -> NDArray[np.float64]:
    """1 inside, 0 outside, and the camera's blur of about a pixel between; shape of `distance_px`."""
    return np.asarray(np.clip(half_px - np.abs(distance_px) + 0.5, 0.0, 1.0))
