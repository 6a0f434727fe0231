"""The device starts again without having been unplugged: a brown-out, a watchdog."""

from dataclasses import dataclass
from typing import ClassVar, Self

from sensors.readings import Reading
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.place import Place, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReset(Fault):
    """The device's own time begins at 0 when the fault begins; its duration is that of starting, with nothing sent.

    A device without a time of its own is only silent.
    """

    resets: ClassVar[bool] = True

    def fitted(self, place: Place) -> Self:
        """The same, where a device is switched on."""
        if place.way is Way.RECORDING:
            raise ValueError("what is played as a recording has no device with a clock that could begin anew")
        return self

    def sent(self, chunk: bytes, index: int) -> bytes:  # noqa: ARG002
        """Nothing while it starts."""
        return b""

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """Nothing while it starts."""
        return ()
