"""More than the sensor can measure."""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from sensors.readings import Quality, Reading, Samples
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation(Fault):
    """Every sample stands at the upper end of the range."""

    level: float | None = None
    """That end, in the sensor's unit; None is the sensor's own where it is fitted to one, else the largest integer of the
    samples, which only integers have."""

    def __post_init__(self) -> None:
        """Refuse a level that is no number."""
        if self.level is not None and not math.isfinite(self.level):
            raise ValueError(f"level is {self.level:g}; allowed: a number in the sensor's unit")

    def fitted(self, place: Place) -> Self:
        """With a level that the samples can have: the end of the sensor's range, if none was given."""
        if place.dtype.kind in "iu":
            low, high = np.iinfo(place.dtype).min, np.iinfo(place.dtype).max
            if self.level is not None and not low <= self.level <= high:
                raise ValueError(f"level is {self.level:g}; allowed: {low} to {high}, its samples are {place.dtype}")
        return replace(self, level=place.highest) if self.level is None else self

    def measured(self, data: Samples, previous: Samples | None) -> Samples:  # noqa: ARG002
        """The end of the range everywhere.

        Raises:
            ValueError: samples that are no integers, and no level.
        """
        if self.level is None and data.dtype.kind not in "iu":
            raise ValueError(
                f"saturation of {data.dtype} samples needs a level: only integers have an end of their own"
            )
        return np.full_like(data, np.iinfo(data.dtype).max if self.level is None else self.level)

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """The end of the range, flagged as drivers do."""
        quality = reading.quality | Quality.SATURATED
        return (replace(reading, data=self.measured(reading.data, None), quality=quality),)
