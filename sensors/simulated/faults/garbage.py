"""Noise on the cable."""

from dataclasses import dataclass

import numpy as np

from sensors.readings import Reading
from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Garbage(Fault):
    """Bytes are replaced by chance ones, the ends of lines too; a decoder has to refuse what they are in."""

    share: float = 0.5
    """Of the bytes, 0 to 1."""
    seed: int = 0
    """Same seed, same garbage."""

    def sent(self, chunk: bytes, index: int) -> bytes:
        """The chunk with some bytes replaced; as long as it was."""
        rng = np.random.default_rng([self.seed, index])
        clean = np.frombuffer(chunk, np.uint8)
        noise = rng.integers(0, 256, clean.size, np.uint8)
        return np.where(rng.uniform(size=clean.size) < self.share, noise, clean).tobytes()

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """Nothing: what no decoder can read becomes no reading."""
        return ()
