"""A driver that does what a test writes down, and a clock that stands until it is moved."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from sensors.readings import Quality, Reading
from sensors.streams import Stream

S = 1_000_000_000


def stream(rate_hz: float | None = 10.0) -> Stream:
    return Stream(name="enose", kind="series", shape=(2,), nominal_rate_hz=rate_hz, units=("Ohm", "Ohm"))


class Clock:
    """Monotonic time in ns that a test moves."""

    def __init__(self, now_ns: int = 1000 * S) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns

    def pass_s(self, seconds: float) -> None:
        self.now_ns += round(seconds * S)


class ScriptedDriver:
    """Each call of `read` takes the next word: a reading's quality, None, an exception, or a call to make."""

    def __init__(
        self, script: Iterable[Any], clock: Clock, opens: Iterable[Exception | None] = (), rate_hz: float | None = 10.0
    ) -> None:
        self.stream = stream(rate_hz)
        self.script, self.clock, self.opens = iter(script), clock, iter(opens)
        self.session, self.seq, self.closed = -1, 0, 0
        self.counters = {"malformed": 0}

    def open(self) -> None:
        fault = next(self.opens, None)
        if fault is not None:
            raise fault
        self.session, self.seq = self.session + 1, 0

    def read(self) -> Reading | None:
        word = next(self.script, EOFError())
        if isinstance(word, BaseException):
            raise word
        if isinstance(word, Callable):  # type: ignore[arg-type]
            word = word()
        return None if word is None else self.reading(word)

    def reading(self, quality: Quality) -> Reading:
        found = Reading(
            stream="enose",
            session=self.session,
            seq=self.seq,
            arrival_ns=self.clock(),
            device_ns=None,
            data=np.ones((1, 2), np.float32),
            quality=quality,
        )
        self.seq += 1
        return found

    def close(self) -> None:
        self.closed += 1
