"""A live line with a belt: its drivers deliver what the test hands them, and its clocks stand until the test moves them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import numpy as np
import pytest

from deploy.runtime import Runtime
from qc_station.align.trigger import Trigger
from qc_station.config.loading import parse_station
from qc_station.config.station import StationConfig
from qc_station.items import Item
from qc_station.line.inspection import Inspected
from qc_station.line.live import LiveLine
from qc_station.store import Store
from qc_station.triggers.contract import Deliver
from sensors.readings import Reading
from sensors.streams import Stream
from tests.sensors.supervision.scripted import Clock

MS, SECOND = 1_000_000, 1_000_000_000
START_NS = 1000 * SECOND
HOUR_NS = 3600 * SECOND
STEPS = [1] * 50 + [4] * 50 + [0] * 20 + [2] * 80
"""Counts of half a millimetre in 10 ms: 50 mm/s, then 200 mm/s, then the belt stands, then 100 mm/s."""


def station(**more: Any) -> StationConfig:
    heat = {"kind": "image", "height": 8, "width": 12, "dtype": "uint16", "rate_hz": 100.0, "tolerance_s": 0.006}
    heat |= {"sensor_height": 16, "sensor_width": 24, "position_mm": 30.0}
    wheel = {"kind": "series", "channels": ["index", "count"], "window_steps": 1, "rate_hz": 100.0}
    belt = {"encoder": "wheel", "encoder_channel": "count", "encoder_mm_per_count": 0.5, "encoder_gap_s": 0.05}
    streams = {"heat": heat, "wheel": wheel}
    return parse_station({"name": "x", "deadline_ms": 800.0, "streams": streams, "belt": belt, **more})


CONFIG = station()


def reading(stream: str, number: int, row: Any, *, session: int = 0) -> Reading:
    """What a sensor delivers 10 ms after the one before."""
    arrival_ns, data = START_NS + number * 10 * MS, np.asarray(row)[None]
    return Reading(stream=stream, session=session, seq=number, arrival_ns=arrival_ns, device_ns=None, data=data)


def heat(number: int) -> Reading:
    """A frame that holds its number."""
    return reading("heat", number, np.full((16, 24), number, np.uint16))


def wheel(number: int, count: int, **more: int) -> Reading:
    return reading("wheel", number, np.array([0, count], np.float32), **more)


def floor() -> list[Reading]:
    """Two seconds of camera and wheel, in the order of arrival."""
    counts = enumerate(accumulate(STEPS))
    return [one for number, count in counts for one in (heat(number), wheel(number, count))]


@dataclass(slots=True)
class Handed:
    """A driver that delivers what it is handed."""

    stream: Stream
    given: "Queue[Reading]" = field(default_factory=Queue)

    def open(self) -> None: ...

    def close(self) -> None: ...

    def read(self) -> Reading | None:
        try:
            return self.given.get(timeout=0.02)
        except Empty:
            return None


class Eye:
    """A trigger by the hand of the test."""

    counters: dict[str, int] = {}  # noqa: RUF012 - as the contract has it
    why = ""
    deliver: Deliver | None = None

    def start(self, deliver: Deliver) -> None:
        self.deliver = deliver

    def look(self, now_ns: int) -> None: ...

    def stop(self) -> None:
        self.deliver = None


class Line:
    """A live line that runs as far as it is told to."""

    def __init__(
        self, folder: Path, config: StationConfig, patch: pytest.MonkeyPatch, runtime: Runtime | None = None
    ) -> None:
        self.folder, self.clock, self.ahead_ns = folder, Clock(START_NS), 10**18
        self.drivers = {name: Handed(stream.stream(name)) for name, stream in config.streams.items()}
        builds: dict[str, Callable[[], Handed]] = {name: lambda one=one: one for name, one in self.drivers.items()}  # type: ignore[misc]
        patch.setattr("qc_station.line.live.driver_builds", lambda *_: builds)
        self.eye = Eye()
        self.live = LiveLine(folder, config, runtime, extra={"eye": self.eye}, clock=self.clock, wall=self.wall)
        self.found: list[Inspected] = []
        self.handed = 0

    def run(
        self, readings: Iterable[Reading], parts_ms: Iterable[float] = (), then: Callable[[int], None] | None = None
    ) -> None:
        """Hand on each reading when it arrives, after the parts that came before it, and wait until it is aligned."""
        due = sorted(parts_ms)
        for one in readings:
            self.clock.now_ns = max(self.clock.now_ns, one.arrival_ns)
            while due and START_NS + due[0] * MS <= one.arrival_ns:
                self.trigger(due.pop(0))
            if then is not None:
                then((one.arrival_ns - START_NS) // MS)
            self.hand(one)
            while self.heard < self.handed:
                self.found += self.live.step()
        self.found += self.live.step()

    def wall(self) -> int:
        return self.clock() + self.ahead_ns

    @property
    def heard(self) -> int:
        return self.live.shell.counters.aligned + self.live.shell.counters.dropped

    def trigger(self, at_ms: float) -> None:
        assert self.eye.deliver is not None
        self.eye.deliver(Trigger(part=f"p{at_ms}", time_ns=START_NS + round(at_ms * MS)))

    def hand(self, one: Reading) -> None:
        self.handed += 1
        self.drivers[one.stream].given.put(one)

    def first(self) -> None:
        """Sensors are only live when they have delivered."""
        self.hand(heat(0))
        self.hand(wheel(0, 1))

    def kept(self) -> dict[str, Item]:
        with Store.open(self.folder) as store:
            return {item.name: item for item in store.items()}
