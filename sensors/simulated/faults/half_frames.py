"""The end of every frame is missing."""

from dataclasses import dataclass, replace

from sensors.readings import Reading
from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfFrames(Fault):
    """Half of every frame, line or block is lost."""

    def sent(self, chunk: bytes, index: int) -> bytes:  # noqa: ARG002
        """The first half."""
        return chunk[: len(chunk) // 2]

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """The first half of a block; of a single frame nothing, as half a frame is none."""
        half = reading.count // 2
        return (replace(reading, data=reading.data[:half]),) if half else ()
