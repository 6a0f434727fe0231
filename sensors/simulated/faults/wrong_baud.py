"""The device and the station do not talk at the same speed."""

from dataclasses import dataclass
from typing import Self

from sensors.readings import Reading
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.place import Place, Way
from sensors.simulated.faults.uart import as_read

SLOWEST_BAUD, FASTEST_BAUD = 50, 4_000_000
"""What Linux sets on a serial line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongBaud(Fault):
    """The receiver samples the line at its own speed and reads other bytes; see `uart`."""

    sent_baud: int = 9600
    """Bits a second of the device."""
    read_baud: int = 115200
    """Bits a second of the station."""

    def __post_init__(self) -> None:
        """Refuse speeds at which nothing is said."""
        for name, baud in (("sent_baud", self.sent_baud), ("read_baud", self.read_baud)):
            if not SLOWEST_BAUD <= baud <= FASTEST_BAUD:
                raise ValueError(f"{name} is {baud}; allowed: {SLOWEST_BAUD} to {FASTEST_BAUD}")

    def fitted(self, place: Place) -> Self:
        """The same, on a serial line."""
        if place.way is not Way.SERIAL:
            raise ValueError(f"it comes as a {place.way}, and only a serial line has a baud rate")
        return self

    def sent(self, chunk: bytes, index: int) -> bytes:  # noqa: ARG002
        """What the receiver reads; before and after the chunk the line rests."""
        return as_read(chunk, self.sent_baud, self.read_baud)

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """Nothing: no decoder reads these bytes."""
        return ()
