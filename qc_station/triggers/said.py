"""What a device on a serial line says."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A part is there."""

    part: str | None
    """Its name; None where the device does not say it."""
    time_ns: int
    """CLOCK_MONOTONIC."""


class Hearing(Protocol):
    """Makes parts of the bytes of a serial line."""

    counters: dict[str, int]
    """What was not understood or not counted, by reason."""

    def feed(self, data: bytes, arrival_ns: int) -> list[Said]:
        """Parts that became known by these bytes, the first of which came at this CLOCK_MONOTONIC."""
        ...

    def reset(self) -> None:
        """What comes now does not continue what came before."""
        ...
