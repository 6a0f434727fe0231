"""The host does not fetch fast enough, and what has no room is lost."""

from dataclasses import dataclass, replace

from sensors.readings import Quality, Reading
from sensors.simulated.faults.fault import Fault

FIFO_BYTES = 16
"""What a 16550 receiver holds."""
LOST_BYTES = 8
"""What comes while it is full."""
KEEP_EVERY = 4
"""Of so many readings one finds room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow(Fault):
    """Bytes are missing within a line or frame; or whole readings, and then the driver says so."""

    def sent(self, chunk: bytes, index: int) -> bytes:  # noqa: ARG002
        """Sixteen bytes come, eight are lost, and so on."""
        period = FIFO_BYTES + LOST_BYTES
        return b"".join(chunk[start : start + FIFO_BYTES] for start in range(0, len(chunk), period))

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """One reading in four, flagged."""
        if index % KEEP_EVERY:
            return ()
        return (replace(reading, quality=reading.quality | Quality.OVERFLOW | Quality.GAP_BEFORE),)
