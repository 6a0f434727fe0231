"""The end of every frame is missing."""

from dataclasses import dataclass, replace

from sensors.readings import Reading
from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfFrames(Fault):
    """Half of every frame, line or block is lost.

    On a wire without checks two halves may pass for one frame that is torn in the middle: then the rate alone shows it.
    """

    share: float = 0.5
    """How much of a frame comes, 0 to below 1."""

    def __post_init__(self) -> None:
        """Refuse what would leave all of a frame, or is no share."""
        if not 0.0 <= self.share < 1.0:
            raise ValueError(f"share is {self.share:g}; allowed: 0 to below 1")

    def sent(self, chunk: bytes, index: int) -> bytes:  # noqa: ARG002
        """The beginning."""
        return chunk[: int(len(chunk) * self.share)]

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """The beginning of a block; of a single frame nothing, as half a frame is none."""
        count = int(reading.count * self.share)
        return (replace(reading, data=reading.data[:count]),) if count else ()
