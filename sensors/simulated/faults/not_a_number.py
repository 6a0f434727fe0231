"""A channel whose wire is broken."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sensors.readings import Samples
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class NotANumber(Fault):
    """One channel is NaN, as a sketch prints it whose division had nothing to divide; integers cannot say it."""

    channel: int = 0
    """Index along the last axis."""

    def __post_init__(self) -> None:
        """Refuse what counts from the other end."""
        if self.channel < 0:
            raise ValueError(f"channel is {self.channel}; allowed: 0 or more")

    def fitted(self, place: Place) -> Self:
        """The same, where samples can be no number and there is such a channel."""
        if place.dtype.kind != "f":
            raise ValueError(f"its samples are {place.dtype}, and integers cannot say that they are no number")
        if self.channel >= place.shape[-1]:
            raise ValueError(f"channel is {self.channel}; allowed: 0 to {place.shape[-1] - 1}")
        return self

    def measured(self, data: Samples, previous: Samples | None) -> Samples:  # noqa: ARG002
        """A copy with that channel NaN; integers as they are."""
        if data.dtype.kind != "f":
            return data
        data = data.copy()
        data[..., self.channel] = np.nan
        return data
