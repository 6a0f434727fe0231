"""What every simulated sensor is: a pure function from sample times to samples."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.line import START_NS, Passing
from sensors.streams import Stream


class Source(Protocol):
    """The physics of one sensor.

    Slow processes are functions of time and noise is drawn per call from the index of its first sample, so that a
    shift of any length needs no memory of what went before, and the same calls give the same bytes.
    """

    @property
    def stream(self) -> Stream:
        """What the sensor delivers."""
        ...

    def samples(self, first: int, times_s: NDArray[np.float64]) -> NDArray[Any]:
        """What the sensor sees.

        Args:
            first: Index of the first sample since switching on.
            times_s: Seconds since switching on, rising, shape (samples,), float64.

        Returns:
            Shape (samples, *stream.shape), in the sensor's own dtype.
        """
        ...


def seconds(passings: Sequence[Passing]) -> NDArray[np.float64]:
    """Times of the passings in seconds since switching on, shape (parts,), float64."""
    return (np.array([p.time_ns for p in passings], dtype=np.int64) - START_NS) / 1e9


def within(parts_s: NDArray[np.float64], start_s: float, stop_s: float) -> range:
    """Indices of the parts that pass from `start_s` to before `stop_s`, both in seconds since switching on."""
    first, last = np.searchsorted(parts_s, (start_s, stop_s))
    return range(int(first), int(last))


def wander(seed: Sequence[int], times_s: NDArray[np.float64], slowest_s: float = 600.0) -> NDArray[np.float64]:
    """A slow drift: five sines of random phase, each faster and smaller than the one before.

    Args:
        seed: Same seed, same drift.
        times_s: Seconds, shape (samples,), float64.
        slowest_s: Period of the slowest sine in seconds.

    Returns:
        About -1 to 1, shape (samples,), float64.
    """
    phases = np.random.default_rng(list(seed)).uniform(0.0, 2.0 * np.pi, 5)
    octaves = 1.8 ** np.arange(5)
    angles = 2.0 * np.pi * np.outer(times_s, octaves / slowest_s) + phases
    drift: NDArray[np.float64] = np.sin(angles) @ (0.5 / octaves)
    return drift
