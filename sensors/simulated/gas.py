"""What leaking parts leave in the air, as an array of heated metal oxides answers to it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.climate import Climate, Room, water_g_m3
from sensors.simulated.line import Passing
from sensors.simulated.oxide import answer, follow
from sensors.simulated.source import seconds, wander, white
from sensors.streams import Stream

RATE_HZ = 10.0
BASELINE_KOHM = np.array([42.0, 18.0, 75.0, 30.0])
"""In clean air of `REFERENCE`."""
REFERENCE = Climate()
REFERENCE_WATER_G_M3 = float(
    water_g_m3(np.asarray(REFERENCE.temperature_celsius), np.asarray(REFERENCE.humidity_percent))
)
HIGHEST_KOHM = 1000.0
"""What the array's converter can show at most; the oxides stay far below it."""
LEAK_POWER = np.array([0.55, 0.40, 0.20, 0.30])
"""Sensitivity of each channel to what leaks."""
CLEANER_POWER = np.array([0.20, 0.15, 0.60, 0.25])
"""Sensitivity of each channel to the cleaner that some good parts still carry."""
WATER_POWER = np.array([0.35, 0.18, 0.28, 0.42])
"""Power law of each channel in absolute humidity: water gives electrons, so that R falls as it gets damper."""
WATER_BLUNTS = 0.15
"""Power by which water lessens the sensitivity to gases: it takes their places."""
PER_KELVIN = np.array([0.006, 0.004, 0.005, 0.007])
"""Share by which R falls for each kelvin that the room is warmer."""
DRIFT = 0.08
"""Spread of the slow drift of each baseline, as a share of it."""
RISE_S, DECAY_S = 0.05, 0.22
"""How a puff comes to the array and is blown away."""
DELAY_S = 0.05
"""From the part to the array."""
TAIL_S = 4.0
"""After it nothing of a puff is left above the noise."""
AMOUNT = 1.2
"""Peak concentration of the gas of a leak of severity 1."""
NOISE = 0.004
CLEANER_SHARE = 0.2
STEP_S, CELL_S = 0.02, 8.0
"""The oxide is followed in such steps, from one such cell before the one that is asked for."""


class GasArray:
    """Resistance of four metal-oxide channels in kOhm, float32."""

    def __init__(self, passings: Sequence[Passing], seed: int, climate: Climate | None = None) -> None:
        """Draw what every part leaves in the air.

        Args:
            passings: What passes and when.
            seed: Same seed, same bytes.
            climate: Of the room; None for the usual one.
        """
        units = ("kOhm",) * BASELINE_KOHM.size
        self.stream = Stream(name="enose", kind="series", shape=(4,), nominal_rate_hz=RATE_HZ, units=units)
        self.room = Room(climate or Climate(), seed)
        self._seed, self._puffs_s = seed, seconds(passings) + DELAY_S
        rng = np.random.default_rng([seed, 30])
        leaks = np.array([passing.part.strength("leak") for passing in passings])
        cleaned = rng.uniform(size=leaks.size) < CLEANER_SHARE
        self._leaks = AMOUNT * leaks * np.exp(0.15 * rng.standard_normal(leaks.size))
        self._cleaner = AMOUNT * cleaned * rng.uniform(0.11, 0.67, leaks.size)

    def samples(self, first: int, times_s: NDArray[np.float64]) -> NDArray[np.float32]:
        """Resistances at the given times; see `Source.samples`. Shape (samples, 4), float32."""
        noise = NOISE * white([self._seed, 31], first, times_s.size, (BASELINE_KOHM.size,), cell=64)
        kohm = self.baseline_kohm(times_s) * np.exp(noise - self._answer(times_s))
        return np.asarray(np.minimum(kohm, HIGHEST_KOHM).astype(np.float32))

    def baseline_kohm(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Truth: resistances that clean air would give, with drift, humidity and temperature but without noise.

        Water lowers the resistance by a power law and the room's warmth lowers it a little (Barsan and Weimar, Journal
        of Electroceramics 7, 2001; Wang and others, Metal oxide gas sensors, Sensors 10, 2010).

        Args:
            times_s: Seconds since switching on, shape (samples,), float64.

        Returns:
            Shape (samples, 4), float64.
        """
        drift = np.stack([DRIFT * wander([self._seed, 32, n], times_s) for n in range(BASELINE_KOHM.size)], axis=1)
        warmer_k = self.room.temperature_celsius(times_s) - REFERENCE.temperature_celsius
        log = drift - np.outer(np.log(self._damper(times_s)), WATER_POWER) - np.outer(warmer_k, PER_KELVIN)
        return np.asarray(BASELINE_KOHM * np.exp(log))

    def air(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Truth: concentrations of leaked gas and of cleaner at the array, shape (samples, 2), float64."""
        near = slice(*np.searchsorted(self._puffs_s, (times_s[0] - TAIL_S, times_s[-1])))
        puffs = puff(times_s[:, None] - self._puffs_s[near])
        return np.stack([(puffs * gas[near]).sum(axis=1) for gas in (self._leaks, self._cleaner)], axis=1)

    def _answer(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far the gases lower the log of each resistance, shape (samples, 4)."""
        cells = np.floor(times_s / CELL_S).astype(np.int64)
        felt = np.concatenate([self._felt(int(cell), times_s[cells == cell]) for cell in np.unique(cells)])
        sharp = self._damper(times_s)[:, None] ** -WATER_BLUNTS
        return answer(felt[:, 0], sharp * LEAK_POWER) + answer(felt[:, 1], sharp * CLEANER_POWER)

    def _felt(self, cell: int, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the oxides feel of both gases at times of one cell, shape (samples, 2)."""
        # The start is set by the cell alone: where a call begins must not matter, and what is older is forgotten.
        steps = round(CELL_S / STEP_S)
        grid_s = STEP_S * np.arange((cell - 1) * steps, (cell + 1) * steps + 1, dtype=np.float64)
        felt = [follow(gas, STEP_S) for gas in self.air(grid_s).T]
        return np.stack([np.interp(times_s, grid_s, gas) for gas in felt], axis=1)

    def _damper(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much more water is in the air than in that of `REFERENCE`, as a ratio; shape of `times_s`."""
        return np.asarray(self.room.water_g_m3(times_s) / REFERENCE_WATER_G_M3)


def puff(since_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A unit puff of gas at the array: fast rise, slow decay, 0 before; peak 1; shape of `since_s`."""
    since_s = np.maximum(since_s, 0.0)
    peak_s = np.log(DECAY_S / RISE_S) * RISE_S * DECAY_S / (DECAY_S - RISE_S)
    peak = np.exp(-peak_s / DECAY_S) - np.exp(-peak_s / RISE_S)
    return np.asarray((np.exp(-since_s / DECAY_S) - np.exp(-since_s / RISE_S)) / peak)
