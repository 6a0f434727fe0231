"""The line's motor: harmonics of a speed that wanders, heard through the resonances of the frame."""

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.resonance import Resonance, gain
from sensors.simulated.source import FARTHEST, slowly, wander, wandered

SHAFT_HZ = 24.6
"""Four poles on 50 Hz mains turn a little below 25 Hz: the load makes the rotor slip."""
SWING = 0.015
"""How far the slip lets the speed wander, as a share of it."""
SLOWEST_S = 20.0
FRAME = (
    Resonance(frequency_hz=182.0, damping=0.030, level=1.0),
    Resonance(frequency_hz=431.0, damping=0.020, level=0.7),
    Resonance(frequency_hz=905.0, damping=0.015, level=0.5),
)
ORDERS = np.arange(1, 49)
"""Harmonics of the shaft."""
FAN_BLADES, ROTOR_BARS = 7, 28
"""Orders that push harder than their neighbours: each blade and each bar passes once a turn."""
SPEEDS, PLACES = 65, 2048
"""Points of the table over the speed and over a turn: more than enough for straight lines between them."""
STEP_S = 0.01
"""A wandering speed is a straight line over this time."""


class Motor:
    """A pure function of time; its speed is known."""

    def __init__(self, seed: int) -> None:
        """Make the table of one turn at each speed.

        Args:
            seed: Same seed, same speed and phases.
        """
        self._seed = [seed, 13]
        self._speeds_hz = SHAFT_HZ * (1.0 + SWING * FARTHEST * np.linspace(-1.0, 1.0, SPEEDS))
        self._table = _turns(self._speeds_hz, np.random.default_rng([seed, 14]))

    def speed_hz(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Truth: turns a second at the given seconds since switching on; shape of `times_s`."""
        return np.asarray(SHAFT_HZ * (1.0 + SWING * wander(self._seed, times_s, SLOWEST_S)))

    def sound(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The motor at the given times, RMS about 1, shape (samples,), float64.

        The speed changes little while a mode of the frame rings down, so at every moment the sound is the steady
        answer to the speed of that moment.
        """
        turn = slowly(self._turned, times_s, STEP_S) % 1.0 * PLACES
        speed = (slowly(self.speed_hz, times_s, STEP_S) - self._speeds_hz[0]) / np.ptp(self._speeds_hz) * (SPEEDS - 1)
        place, row = turn.astype(np.intp), np.minimum(speed.astype(np.intp), SPEEDS - 2)
        beyond, above = turn - place, speed - row
        # A flat index reads the table several times as fast as a pair of indices.
        flat = row * (PLACES + 1) + place
        slower = self._table[flat] * (1.0 - beyond) + self._table[flat + 1] * beyond
        flat += PLACES + 1
        faster = self._table[flat] * (1.0 - beyond) + self._table[flat + 1] * beyond
        return np.asarray(slower + above * (faster - slower))

    def _turned(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turns since switching on but for a constant: the integral of the speed."""
        return np.asarray(SHAFT_HZ * (times_s + SWING * wandered(self._seed, times_s, SLOWEST_S)))


def forces() -> NDArray[np.float64]:
    """How hard the motor pushes at each order: less and less, but for blades and bars; shape (orders,)."""
    forces = 1.0 / ORDERS
    forces[(ORDERS == FAN_BLADES) | (ORDERS == ROTOR_BARS)] *= 4.0
    return np.asarray(forces)


def _turns(speeds_hz: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """One turn at each speed, mean square 1 over all, its first place again at its end; flat, float64."""
    push = forces() * np.exp(2.0j * np.pi * rng.uniform(size=ORDERS.size))
    spectrum = np.zeros((speeds_hz.size, PLACES // 2 + 1), np.complex128)
    spectrum[:, ORDERS] = push * gain(np.outer(speeds_hz, ORDERS), FRAME)
    turns = np.fft.irfft(spectrum, PLACES, axis=1)
    turns /= np.sqrt(np.square(turns).mean())
    return np.asarray(np.concatenate([turns, turns[:, :1]], axis=1).ravel())
