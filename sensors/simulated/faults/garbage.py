"""Noise on the cable."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sensors.readings import Reading
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.place import Place, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbage(Fault):
    """Bytes are replaced by chance ones, the ends of lines too; a decoder has to refuse what they are in."""

    share: float = 0.5
    """Of the bytes, 0 to 1."""
    seed: int = 0
    """Same seed, same garbage; 0 or more."""

    def __post_init__(self) -> None:
        """Refuse what is no share, and no seed."""
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"share is {self.share:g}; allowed: 0 to 1")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; allowed: 0 or more")

    def fitted(self, place: Place) -> Self:
        """The same, where there are bytes."""
        if place.way is Way.RECORDING:
            raise ValueError("what is played as a recording has no bytes on a wire that could be replaced")
        return self

    def sent(self, chunk: bytes, index: int) -> bytes:
        """The chunk with some bytes replaced; as long as it was."""
        rng = np.random.default_rng([self.seed, index])
        clean = np.frombuffer(chunk, np.uint8)
        noise = rng.integers(0, 256, clean.size, np.uint8)
        return np.where(rng.uniform(size=clean.size) < self.share, noise, clean).tobytes()

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """Nothing: what no decoder can read becomes no reading."""
        return ()
