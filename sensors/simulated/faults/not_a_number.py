"""A channel whose wire is broken."""

from dataclasses import dataclass

import numpy as np

from sensors.readings import Samples
from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class NotANumber(Fault):
    """One channel is NaN, as a sketch prints it whose division had nothing to divide; integers cannot say it."""

    channel: int = 0
    """Index along the last axis."""

    def measured(self, data: Samples, previous: Samples | None) -> Samples:  # noqa: ARG002
        """A copy with that channel NaN; integers as they are."""
        if data.dtype.kind != "f":
            return data
        data = data.copy()
        data[..., self.channel] = np.nan
        return data
