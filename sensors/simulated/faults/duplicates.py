"""Every frame comes twice."""

from dataclasses import dataclass, replace

from sensors.readings import Quality, Reading
from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates(Fault):
    """As from a camera that shows nine frames a second in a video of eighteen; the device counts both."""

    def sent(self, chunk: bytes, index: int) -> bytes:  # noqa: ARG002
        """The chunk twice."""
        return chunk * 2

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """The reading, and the same again, which its driver sees and says; `FaultyDriver` numbers them."""
        return reading, replace(reading, quality=reading.quality | Quality.REPEATED)
