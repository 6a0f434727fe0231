"""The device's quartz is off."""

import math
from dataclasses import dataclass

from sensors.simulated.faults.fault import Fault

MOST_PPM = 100_000.0
"""A device that is further off than a tenth has another rate, which is another fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDrift(Fault):
    """Every sample comes a little earlier than the one before it should have let it; when it ends, all is as before."""

    ppm: float = 100.0
    """How much faster than declared the device counts, in parts per million; negative: slower."""

    def __post_init__(self) -> None:
        """Refuse what no quartz does."""
        if not math.isfinite(self.ppm) or abs(self.ppm) > MOST_PPM:
            raise ValueError(f"ppm is {self.ppm:g}; allowed: {-MOST_PPM:.0f} to {MOST_PPM:.0f}")

    def lead_ns(self, now_ns: int) -> int:
        """What has added up since the drift began."""
        return round((now_ns - self.start_ns) * self.ppm * 1e-6)
