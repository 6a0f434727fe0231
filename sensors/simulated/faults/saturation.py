"""More than the sensor can measure."""

from dataclasses import dataclass, replace

import numpy as np

from sensors.readings import Quality, Reading, Samples
from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation(Fault):
    """Every sample stands at the upper end of the range."""

    level: float | None = None
    """That end, in the sensor's unit; None is the largest integer of the samples, which only integers have."""

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
