"""A sensor of which a test knows every sample, and what to run it with."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.readings import Reading
from sensors.simulated.line import START_NS
from sensors.streams import Stream

S = 1_000_000_000
Take = Callable[[int, int], NDArray[Any]]
GAS = Stream(name="enose", kind="series", shape=(4,), nominal_rate_hz=10.0, units=("kOhm",) * 4)
HEAT = Stream(name="thermal", kind="image", shape=(24, 32), nominal_rate_hz=10.0, units=("cK",))
SOUND = Stream(name="acoustic", kind="waveform", shape=(1,), nominal_rate_hz=16_000.0, units=("1",))


def gas(first: int, count: int) -> NDArray[np.float32]:
    """Four resistances around 40 kOhm that are never twice the same."""
    index = np.arange(first, first + count)[:, None]
    return (40.0 + index % 1000 * 0.008 + np.arange(4)).astype(np.float32)


def heat(first: int, count: int) -> NDArray[np.uint16]:
    """Frames near room temperature with noise."""
    frames = [np.random.default_rng(index).normal(29515, 30, (24, 32)) for index in range(first, first + count)]
    return np.array(frames).astype(np.uint16)


def sound(first: int, count: int) -> NDArray[np.int16]:
    """Quiet noise."""
    return np.random.default_rng(first).normal(0, 500, (count, 1)).astype(np.int16)


TAKE: dict[str, Take] = {"enose": gas, "thermal": heat, "acoustic": sound}


class Measured:
    """Delivers blocks with their arrival, the first at `START_NS` and a block; never waits."""

    def __init__(
        self, stream: Stream, *, block: int = 1, count: int | None = None, clock: Callable[[], int] | None = None
    ) -> None:
        """Ends after `count` readings; with a clock, a reading comes when its time has come."""
        self.stream, self._take, self._block, self._count, self._clock = stream, TAKE[stream.name], block, count, clock
        self.index, self._session = 0, -1

    def open(self) -> None:
        """A session begins; the device goes on measuring."""
        self._session += 1
        self._first = self.index

    def read(self) -> Reading | None:
        """The next block."""
        if self._count is not None and self.index >= self._count:
            raise EOFError
        first = self.index * self._block
        rate_hz = self.stream.nominal_rate_hz or 1.0
        arrival_ns = START_NS + round((first + self._block) / rate_hz * S)
        if self._clock is not None and self._clock() < arrival_ns:
            return None
        self.index += 1
        return Reading(
            stream=self.stream.name,
            session=self._session,
            seq=first - self._first * self._block,
            arrival_ns=arrival_ns,
            device_ns=arrival_ns - START_NS + 5 * S,
            data=self._take(first, self._block),
        )

    def close(self) -> None:
        """Nothing to release."""
