"""Where a fault is to act: what the sensor measures there, and on what way that reaches us."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np


class Way(StrEnum):
    """What stands between the device and the driver."""

    SERIAL = "serial line"
    VIDEO = "video"
    RECORDING = "recording"
    """Played by a driver: there are readings, and no bytes on a wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One sensor of the simulated line, as far as it matters to a fault."""

    shape: tuple[int, ...]
    """Of one sample, as in `Stream`."""
    dtype: np.dtype[Any]
    """Of the samples as the device measures them."""
    way: Way
    """How they come."""
    highest: float | None = None
    """The end of the sensor's range, in its unit; None is the largest number of `dtype`."""
