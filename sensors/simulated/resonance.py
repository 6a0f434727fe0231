"""A structure that rings: its answer to a blow, and its answer to a steady push."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Resonance:
    """One mode of a structure."""

    frequency_hz: float
    """Where it answers most."""
    damping: float
    """Share of critical damping; the answer at resonance is 1 / (2 damping) times the static one."""
    level: float
    """How strongly it is heard, relative to the others."""


def ring(
    since_s: NDArray[np.float64],
    modes_hz: NDArray[np.float64],
    decays_s: NDArray[np.float64],
    levels: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Free response to a blow: damped sines summed over modes (Ewins, Modal Testing, 2000, chapter 2).

    Args:
        since_s: Seconds since the blow, all >= 0, shape (samples,), float64.
        modes_hz: Frequencies, shape (modes,).
        decays_s: Seconds in which a mode falls to 1/e, shape (modes,).
        levels: Amplitudes, shape (modes,).

    Returns:
        Shape (samples,), float64.
    """
    # Real and in place: the complex exponential with a matrix product takes ten times as long.
    waves = np.sin(np.outer(2.0 * np.pi * modes_hz, since_s))
    waves *= np.exp(np.outer(-1.0 / decays_s, since_s))
    return np.asarray((waves * levels[:, None]).sum(axis=0))


def gain(frequencies_hz: NDArray[np.float64], resonances: Sequence[Resonance]) -> NDArray[np.complex128]:
    """Forced response: the sum of 1 / (1 - r^2 + 2 i z r) over modes, r = f / mode (Ewins, 2000, chapter 2).

    Args:
        frequencies_hz: Of the push, any shape.
        resonances: The modes.

    Returns:
        Complex answer to a unit push, same shape, complex128.
    """
    answer = np.zeros(np.shape(frequencies_hz), np.complex128)
    for mode in resonances:
        ratio = frequencies_hz / mode.frequency_hz
        answer += mode.level / (1.0 - ratio**2 + 2.0j * mode.damping * ratio)
    return answer
