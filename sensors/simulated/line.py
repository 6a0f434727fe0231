"""When the parts pass: trays of parts at a steady rate with jitter, and a pause between trays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensors.simulated.parts import Part

START_NS = 1_000_000_000_000
"""Simulated CLOCK_MONOTONIC when the sensors are switched on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """A part in front of the sensors."""

    part: Part
    """What passes."""
    time_ns: int
    """Simulated CLOCK_MONOTONIC of the trigger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the line runs."""

    rate_hz: float = 2.0
    """Parts a second within a tray."""
    jitter: float = 0.1
    """Largest deviation of a part from its place, as a share of the distance between two."""
    tray: int = 20
    """Parts in a tray; no reading serves parts of two trays."""
    pause_s: float = 3.0
    """Time between the last part of a tray and the first of the next."""
    lead_s: float = 3.0
    """Time from switching on to the first part."""


def schedule(parts: Sequence[Part], seed: int, pace: Pace | None = None) -> tuple[Passing, ...]:
    """Give every part its time.

    Args:
        parts: In the order of the belt.
        seed: Same seed, same jitter.
        pace: Rate, jitter, trays and pauses; None for the usual ones.

    Returns:
        One passing per part, times strictly rising while `jitter` is below 0.5.
    """
    pace = pace or Pace()
    index = np.arange(len(parts))
    jitter = np.random.default_rng([seed, 2]).uniform(-pace.jitter, pace.jitter, len(parts))
    # The last part of a tray already leaves one distance to the next, so the pause counts what it adds to that.
    pauses_s = (index // pace.tray) * (pace.pause_s - 1.0 / pace.rate_hz)
    times_s = pace.lead_s + (index + jitter) / pace.rate_hz + pauses_s
    times_ns = START_NS + np.rint(times_s * 1e9).astype(np.int64)
    return tuple(Passing(part=part, time_ns=int(time_ns)) for part, time_ns in zip(parts, times_ns, strict=True))
