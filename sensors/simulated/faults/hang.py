"""The device is there and says nothing."""

from dataclasses import dataclass
from typing import ClassVar

from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(Fault):
    """On a wire no byte comes; a `FaultyDriver` does not come back from `read`, as a library that waits for a dead bus."""

    hangs: ClassVar[bool] = True
