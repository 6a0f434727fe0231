"""What leaking parts leave in the air, as an array of heated metal oxides answers to it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.line import Passing
from sensors.simulated.source import seconds, wander
from sensors.streams import Stream

RATE_HZ = 10.0
BASELINE_KOHM = np.array([42.0, 18.0, 75.0, 30.0])
LEAK_POWER = np.array([0.55, 0.40, 0.20, 0.30])
"""Sensitivity of each channel to what leaks."""
CLEANER_POWER = np.array([0.20, 0.15, 0.60, 0.25])
"""Sensitivity of each channel to the cleaner that some good parts still carry."""
HUMIDITY = np.array([0.10, 0.05, 0.08, 0.12])
RISE_S, DECAY_S = 0.08, 0.40
DELAY_S = 0.05
"""From the part to the array."""
TAIL_S = 4.0
"""After it nothing of a puff is left above the noise."""
NOISE = 0.004
CLEANER_SHARE = 0.2


class GasArray:
    """Resistance of four metal-oxide channels in kOhm, float32."""

    def __init__(self, passings: Sequence[Passing], seed: int) -> None:
        units = ("kOhm",) * BASELINE_KOHM.size
        self.stream = Stream(name="enose", kind="series", shape=(4,), nominal_rate_hz=RATE_HZ, units=units)
        self._seed, self._puffs_s = seed, seconds(passings) + DELAY_S
        rng = np.random.default_rng([seed, 30])
        leaks = np.array([passing.part.strength("leak") for passing in passings])
        cleaned = rng.uniform(size=leaks.size) < CLEANER_SHARE
        self._leaks = 0.9 * leaks * np.exp(0.15 * rng.standard_normal(leaks.size))
        self._cleaner = cleaned * rng.uniform(0.1, 0.6, leaks.size)

    def samples(self, first: int, times_s: NDArray[np.float64]) -> NDArray[np.float32]:
        """Resistances at the given times; see `Source.samples`. Shape (samples, 4), float32.

        R = R0 (1 + c)^-power is the power law of semiconducting oxides (Yamazoe and Shimanoe, 2008), here with one
        power per channel and gas; drift and humidity move R0.
        """
        rng = np.random.default_rng([self._seed, 31, first])
        answer = np.log1p(self._air(self._leaks, times_s))[:, None] * LEAK_POWER
        answer = answer + np.log1p(self._air(self._cleaner, times_s))[:, None] * CLEANER_POWER
        drift = np.stack([0.08 * wander([self._seed, 32, n], times_s) for n in range(BASELINE_KOHM.size)], axis=1)
        humid = wander([self._seed, 33], times_s, slowest_s=240.0)[:, None] * HUMIDITY
        noise = NOISE * rng.standard_normal(answer.shape)
        kohm: NDArray[np.float32] = (BASELINE_KOHM * np.exp(drift + humid + noise - answer)).astype(np.float32)
        return kohm

    def _air(self, amounts: NDArray[np.float64], times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Concentration of one gas relative to what halves no channel, shape of `times_s`."""
        near = slice(*np.searchsorted(self._puffs_s, (times_s[0] - TAIL_S, times_s[-1])))
        since_s = times_s[:, None] - self._puffs_s[near]
        return np.asarray(puff(since_s) @ amounts[near])


def puff(since_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A unit puff of gas at the array: fast rise, slow decay, 0 before; peak 1; shape of `since_s`."""
    since_s = np.maximum(since_s, 0.0)
    peak_s = np.log(DECAY_S / RISE_S) * RISE_S * DECAY_S / (DECAY_S - RISE_S)
    peak = np.exp(-peak_s / DECAY_S) - np.exp(-peak_s / RISE_S)
    return np.asarray((np.exp(-since_s / DECAY_S) - np.exp(-since_s / RISE_S)) / peak)
