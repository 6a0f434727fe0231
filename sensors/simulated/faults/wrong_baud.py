"""The device and the station do not talk at the same speed."""

from dataclasses import dataclass

from sensors.readings import Reading
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.uart import as_read


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongBaud(Fault):
    """The receiver samples the line at its own speed and reads other bytes; see `uart`."""

    sent_baud: int = 9600
    """Bits a second of the device."""
    read_baud: int = 115200
    """Bits a second of the station."""

    def sent(self, chunk: bytes, index: int) -> bytes:  # noqa: ARG002
        """What the receiver reads; before and after the chunk the line rests."""
        return as_read(chunk, self.sent_baud, self.read_baud)

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """Nothing: no decoder reads these bytes."""
        return ()
