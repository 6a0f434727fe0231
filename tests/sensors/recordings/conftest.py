from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.streams import Stream

SOUND = Stream(name="sound", kind="waveform", shape=(2,), nominal_rate_hz=48_000.0, units=("1", "1"))
HEAT = Stream(name="heat", kind="image", shape=(4, 6), nominal_rate_hz=None, units=("Cel",))


class Clock:
    """Counts up by a step with every look at it."""

    def __init__(self, now_ns: int = 1000, step_ns: int = 0) -> None:
        self.now_ns, self.step_ns = now_ns, step_ns

    def __call__(self) -> int:
        self.now_ns += self.step_ns
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sound() -> Callable[[int], Reading]:
    """The n-th reading: 256 samples, all different from those of the others."""

    def make(number: int) -> Reading:
        data = np.arange(512, dtype=np.int32).reshape(256, 2) + 1000 * number
        return Reading(
            stream="sound", session=0, seq=256 * number, arrival_ns=2000 + 10 * number, device_ns=None, data=data
        )

    return make


@pytest.fixture
def heat() -> Callable[[int], Reading]:
    def make(number: int) -> Reading:
        data = np.full((1, 4, 6), number, np.uint16)
        arrival_ns = 2005 + 100 * number
        return Reading(stream="heat", session=1, seq=number, arrival_ns=arrival_ns, device_ns=7 + number, data=data)

    return make


@pytest.fixture
def make_recorder(tmp_path: Path, clock: Clock) -> Callable[..., Recorder]:
    """A recorder of both streams into tmp_path; wall time stands still."""

    def make(**options: object) -> Recorder:
        return Recorder(
            tmp_path, (SOUND, HEAT), **{"clock": clock, "wall": lambda: 1_800_000_000_000_000_000, **options}
        )

    return make
