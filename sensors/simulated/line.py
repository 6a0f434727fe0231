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

    def __post_init__(self) -> None:
        """Refuse what would not be a line: parts that never come, or that overtake each other."""
        if not 0.0 < self.rate_hz < float("inf"):
            raise ValueError(f"pace: rate_hz is {self.rate_hz}; must be above 0")
        if not 0.0 <= self.jitter < 0.5:
            raise ValueError(f"pace: jitter is {self.jitter}; must be from 0 to below 0.5, or parts change places")
        if self.tray < 1:
            raise ValueError(f"pace: tray is {self.tray} parts; must be at least 1")

    @classmethod
    def per_minute(cls, rate_per_minute: float, *, jitter: float = 0.1) -> "Pace":
        """A belt that brings this many parts a minute without a pause, so that the rate holds over any time.

        Args:
            rate_per_minute: Parts a minute, above 0.
            jitter: See the field.
        """
        if not 0.0 < rate_per_minute < float("inf"):
            raise ValueError(f"pace: rate_per_minute is {rate_per_minute}; must be above 0")
        return cls(rate_hz=rate_per_minute / 60.0, jitter=jitter, pause_s=60.0 / rate_per_minute)


def schedule(parts: Sequence[Part], seed: int, pace: Pace | None = None) -> tuple[Passing, ...]:
    """Give every part its time.

    Args:
        parts: In the order of the belt.
        seed: Same seed, same jitter.
        pace: Rate, jitter, trays and pauses; None for the usual ones.

    Returns:
        One passing per part, times strictly rising.
    """
    pace = pace or Pace()
    index = np.arange(len(parts))
    jitter = np.random.default_rng([seed, 2]).uniform(-pace.jitter, pace.jitter, len(parts))
    # The last part of a tray already leaves one distance to the next, so the pause counts what it adds to that.
    pauses_s = (index // pace.tray) * (pace.pause_s - 1.0 / pace.rate_hz)
    times_s = pace.lead_s + (index + jitter) / pace.rate_hz + pauses_s
    times_ns = START_NS + np.rint(times_s * 1e9).astype(np.int64)
    return tuple(Passing(part=part, time_ns=int(time_ns)) for part, time_ns in zip(parts, times_ns, strict=True))
