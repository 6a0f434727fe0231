"""What every simulated sensor is: a pure function from sample times to samples."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.line import START_NS, Passing
from sensors.streams import Stream

OCTAVES = 1.8 ** np.arange(5)
"""How much faster than the slowest each sine of a drift is."""
FARTHEST = float((0.5 / OCTAVES).sum())
"""No drift goes beyond."""


class Source(Protocol):
    """The physics of one sensor.

    Processes are functions of time and noise is a function of the sample's index, so that a shift of any length needs
    no memory of what went before, and the same samples come however the calls are cut.
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


def white(
    seed: Sequence[int], first: int, count: int, shape: tuple[int, ...] = (), cell: int = 4096
) -> NDArray[np.float32]:
    """Normal noise that belongs to its index: any part of it can be had without the part before.

    Args:
        seed: Same seed, same noise; no other use of the seed may begin with the same numbers.
        first: Index of the first sample, at least 0.
        count: How many samples.
        shape: Of one sample.
        cell: Samples drawn at a time; another cell, other noise.

    Returns:
        Mean 0, variance 1, shape (count, *shape), float32.
    """
    cells = range(first // cell, -(-(first + count) // cell))
    drawn = [np.random.default_rng([*seed, index]).standard_normal((cell, *shape), dtype=np.float32) for index in cells]
    start = first % cell
    return np.concatenate(drawn)[start : start + count] if drawn else np.zeros((0, *shape), np.float32)


def wander(seed: Sequence[int], times_s: NDArray[np.float64], slowest_s: float = 600.0) -> NDArray[np.float64]:
    """A slow drift: five sines of random phase, each faster and smaller than the one before.

    Args:
        seed: Same seed, same drift.
        times_s: Seconds, shape (samples,), float64.
        slowest_s: Period of the slowest sine in seconds.

    Returns:
        About -1 to 1, never beyond `FARTHEST`, shape (samples,), float64.
    """
    # No matrix product: its last bit depends on how many rows it is given.
    return np.asarray((np.sin(_angles(seed, times_s, slowest_s)) * (0.5 / OCTAVES)).sum(axis=1))


def wandered(seed: Sequence[int], times_s: NDArray[np.float64], slowest_s: float = 600.0) -> NDArray[np.float64]:
    """The integral of `wander` over time, for what turns at a wandering speed; same arguments, result in seconds."""
    rates = 2.0 * np.pi * OCTAVES / slowest_s
    return np.asarray((-np.cos(_angles(seed, times_s, slowest_s)) * (0.5 / OCTAVES / rates)).sum(axis=1))


def slowly(
    process: Callable[[NDArray[np.float64]], NDArray[np.float64]], times_s: NDArray[np.float64], step_s: float
) -> NDArray[np.float64]:
    """A smooth function of time, computed at every `step_s` from 0 on and straight lines between.

    The grid does not depend on `times_s`, so neither does a value on where a call begins.

    Args:
        process: From seconds to values, both shape (points,), float64.
        times_s: Seconds, rising, shape (samples,), float64.
        step_s: Seconds between two grid points.

    Returns:
        Values, shape (samples,), float64.
    """
    grid_s = step_s * np.arange(np.floor(times_s[0] / step_s), np.floor(times_s[-1] / step_s) + 2.0)
    return np.asarray(np.interp(times_s, grid_s, process(grid_s)))


def _angles(seed: Sequence[int], times_s: NDArray[np.float64], slowest_s: float) -> NDArray[np.float64]:
    phases = np.random.default_rng(list(seed)).uniform(0.0, 2.0 * np.pi, OCTAVES.size)
    return np.asarray(2.0 * np.pi * np.outer(times_s, OCTAVES / slowest_s) + phases)
