"""A heated metal oxide: how fast it follows a gas, and what that does to its resistance."""

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

ADSORB_HZ = 14.0
"""Rate of covering by gas of concentration 1, where an answer is worth log 2 times its power."""
DESORB_HZ = 4.0
"""Rate at which the covering leaves clean oxide."""


def rate_hz(concentration: NDArray[np.float64]) -> NDArray[np.float64]:
    """How fast the covering settles in a gas: a c + d, the rate of Langmuir's adsorption (JACS 40, 1918).

    More gas settles faster, while clean air is always reached at the rate d.
    """
    return np.asarray(ADSORB_HZ * concentration + DESORB_HZ)


def follow(concentration: NDArray[np.float64], step_s: float) -> NDArray[np.float64]:
    """What the oxide feels of a gas that comes and goes: dx/dt = (a c + d) (c - x), from clean oxide on.

    Exact for a concentration that stays during each step; in steady gas x is c, so that the power law holds there.

    Args:
        concentration: In each step, relative to what halves a channel of power 1; shape (steps,), float64, >= 0.
        step_s: Length of a step.

    Returns:
        Concentration that the oxide answers to at the end of each step, shape (steps,), float64.
    """
    kept = np.exp(-rate_hz(concentration) * step_s)
    steps = zip(kept.tolist(), ((1.0 - kept) * concentration).tolist(), strict=True)
    return np.fromiter(accumulate(steps, lambda x, step: step[0] * x + step[1], initial=0.0), np.float64)[1:]


def answer(felt: NDArray[np.float64], power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of the resistance in clean air over that in gas: power log(1 + x).

    The power law R ~ c^-power of semiconducting oxides (Yamazoe and Shimanoe, Sensors and Actuators B 128, 2008),
    continued to no gas.

    Args:
        felt: Concentration, shape (samples,).
        power: Of each channel at each sample, shape (samples, channels) or (channels,).

    Returns:
        Shape (samples, channels), float64, >= 0.
    """
    return np.asarray(np.log1p(felt)[:, None] * power)
