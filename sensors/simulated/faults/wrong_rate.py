"""The device measures more or less often than it was told to."""

from dataclasses import dataclass

from sensors.simulated.faults.fault import Fault

MOST_FACTOR = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongRate(Fault):
    """Takes `factor` samples for each one that was declared, and counts them; what they show stays in its real time."""

    factor: float = 0.5
    """Above 0; e.g. 44.1 / 48 for a sound card that was set to another rate."""

    def __post_init__(self) -> None:
        """Refuse a rate at which nothing is measured, or more than a wire could carry."""
        if not 0.0 < self.factor <= MOST_FACTOR:
            raise ValueError(f"factor is {self.factor:g}; allowed: above 0, up to {MOST_FACTOR:g}")

    @property
    def rate(self) -> float:
        """Samples for each that there should be."""
        return self.factor
