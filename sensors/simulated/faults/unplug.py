"""Somebody pulls the plug, and puts it in again."""

from dataclasses import dataclass
from typing import ClassVar

from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplug(Fault):
    """The device is not there; reading fails, and opening finds nothing."""

    unplugs: ClassVar[bool] = True
