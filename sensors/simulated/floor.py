"""What a microphone on the floor hears without any part: mains, gear, motor, voices and a broad rush."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.babble import Babble
from sensors.simulated.motor import Motor
from sensors.simulated.source import white

MAINS_HZ = 50.0
GEAR_HZ = 745.0
ROLLER_HZ = 23.3
"""Turns of the roller that loads the gear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """How loud everything is, in counts of a microphone whose full scale is 32768."""

    hum_counts: float = 120.0
    """Amplitude of the mains; its n-th harmonic has an n-th of it."""
    gear_counts: float = 90.0
    """Amplitude of the meshing gear, before its load comes and goes."""
    rush_counts: float = 90.0
    """RMS of the white part of the broadband noise; the part below 3 kHz is about as loud again."""
    motor_counts: float = 40.0
    """RMS of the motor."""
    babble_counts: float = 15.0
    """RMS of all talkers together, pauses included."""
    talkers: int = 5
    """How many people talk."""


class FloorSound:
    """The noise of the floor, the same however it is cut into calls."""

    def __init__(self, floor: Floor, seed: int) -> None:
        """Start the motor and gather the talkers; same seed, same noise."""
        self._floor, self._seed = floor, seed
        self.motor = Motor(seed)
        self._babble = Babble(seed, floor.talkers if floor.babble_counts else 0)

    def sound(self, first: int, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Counts; see `Source.samples` for the arguments; shape (samples,), float64."""
        floor = self._floor
        sound = floor.hum_counts * hum(times_s) + floor.gear_counts * gear(times_s)
        sound += floor.rush_counts * self._rush(first, times_s.size)
        if floor.motor_counts:
            sound += floor.motor_counts * self.motor.sound(times_s)
        if floor.babble_counts:
            sound += floor.babble_counts * self._babble.sound(times_s)
        return sound

    def _rush(self, first: int, count: int) -> NDArray[np.float32]:
        """White noise and its sum over three samples: a floor is louder below than above; shape (samples,)."""
        # One sample more at either end, so that the sum is whole there too.
        noise = white([self._seed, 10], first, count + 2)
        return np.asarray(noise[1:-1] + np.float32(0.6) * (noise[:-2] + noise[1:-1] + noise[2:]))


def hum(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mains and its harmonics as transformers and lamps give them, the first of amplitude 1; shape of `times_s`."""
    return np.asarray(sum(np.sin(2.0 * np.pi * MAINS_HZ * n * times_s + n) / n for n in (1, 2, 3, 4, 6)))


def gear(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Teeth that mesh, louder whenever the roller bears down, amplitude about 1; shape of `times_s`."""
    load = 1.0 + 0.6 * np.sin(2.0 * np.pi * ROLLER_HZ * times_s)
    return np.asarray(load * np.sin(2.0 * np.pi * GEAR_HZ * times_s))
