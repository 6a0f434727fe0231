"""The device's quartz is off."""

from dataclasses import dataclass

from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDrift(Fault):
    """Every sample comes a little earlier than the one before it should have let it; when it ends, all is as before."""

    ppm: float = 100.0
    """How much faster than declared the device counts, in parts per million; negative: slower."""

    def lead_ns(self, now_ns: int) -> int:
        """What has added up since the drift began."""
        return round((now_ns - self.start_ns) * self.ppm * 1e-6)
