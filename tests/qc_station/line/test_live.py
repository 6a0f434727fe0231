"""The whole live line, from supervised drivers to the store, with a belt whose encoder is one of its sensors.

Drivers deliver what the test hands them, and the clocks stand until the test moves them.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import numpy as np
import pytest

from deploy.runtime import Runtime
from qc_station.align.snapshot import Snapshot
from qc_station.align.trigger import Trigger
from qc_station.config.loading import parse_station
from qc_station.config.station import StationConfig
from qc_station.config.writing import station_text
from qc_station.errors import StoreError
from qc_station.items import Item
from qc_station.line.aligning import aligner_of
from qc_station.line.feeding import feed
from qc_station.line.inspection import Inspected, Inspector
from qc_station.line.live import LiveLine
from qc_station.pictures.part import aligned_part
from qc_station.pictures.text import text_of
from qc_station.store import Store
from qc_station.triggers.contract import Deliver
from qc_station.view.placement import Placement
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.streams import Stream
from tests.sensors.supervision.scripted import Clock

MS, SECOND = 1_000_000, 1_000_000_000
START_NS = 1000 * SECOND
HOUR_NS = 3600 * SECOND
STEPS = [1] * 50 + [4] * 50 + [0] * 20 + [2] * 80
"""Counts of half a millimetre in 10 ms: 50 mm/s, then 200 mm/s, then the belt stands, then 100 mm/s."""
PARTS_MS = (100, 400, 900)
FRAMES = {"p100": 54, "p400": 62, "p900": 131}
"""30 mm are 60 counts: from 11 to 71, from 41 to 101, and from 214 over the standing belt's 250 to 274."""
TRAVELS_NS = {"p100": 442_500_000, "p400": 217_500_000, "p900": 410_000_000}


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


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    found = Line(tmp_path, CONFIG, monkeypatch)
    found.first()
    return found


def test_each_part_of_a_live_line_is_cut_when_the_encoder_says_that_it_is_there(line: Line) -> None:
    with line.live:
        line.run(floor()[2:], PARTS_MS)
        line.found += line.live.finish()
    assert [(one.part, one.reasons) for one in line.found] == [(part, {"heat": "ok"}) for part in FRAMES]
    kept = line.kept()
    assert {part: int(item.windows["heat"][0, 0, 0]) for part, item in kept.items()} == FRAMES
    assert {part: item.applied["heat"]["travel_ns"] for part, item in kept.items()} == TRAVELS_NS
    assert {name for item in kept.values() for name in item.windows} == {"heat"}
    assert line.live.shell.belt["counts"] == 200
    books = line.live.shell.stats().streams
    assert {name: (one.ingested, one.balanced) for name, one in books.items()} == {"heat": (200, True)}


def test_a_live_line_with_an_encoder_gives_the_windows_of_its_replay(line: Line) -> None:
    with line.live:
        line.run(floor()[2:], PARTS_MS)
        line.found += line.live.finish()

    @dataclass
    class Played:
        readings: list[Reading]

        def open(self) -> None: ...

        def close(self) -> None: ...

        def read(self) -> Reading:
            if not self.readings:
                raise EOFError
            return self.readings.pop(0)

    drivers: Any = [Played([one for one in floor() if one.stream == name]) for name in ("heat", "wheel")]
    triggers = [Trigger(part=f"p{at_ms}", time_ns=START_NS + at_ms * MS) for at_ms in PARTS_MS]
    placement = Placement(CONFIG)
    kept = line.kept()
    for snapshot in feed(drivers, triggers, aligner_of(CONFIG, placement), placement):
        window, item = snapshot.windows["heat"], kept.pop(snapshot.part)
        assert item.windows["heat"].tobytes() == window.data.tobytes()
        assert window.applied is not None
        assert item.applied["heat"] == json.loads(json.dumps(window.applied.as_json()))
    assert kept == {}


def test_the_recording_of_a_line_with_an_encoder_is_cut_again_as_it_was_live(line: Line, tmp_path: Path) -> None:
    with line.live:
        line.run(floor()[2:], PARTS_MS)
        line.found += line.live.finish()
    streams = [stream.stream(name) for name, stream in CONFIG.streams.items()]
    recorder = Recorder(tmp_path / "recordings", streams, config=station_text(CONFIG), clock=lambda: START_NS)
    for one in floor():
        recorder.reading(one)
    for at_ms in PARTS_MS:
        recorder.trigger(f"p{at_ms}", START_NS + at_ms * MS)
    recorder.close()
    (path,) = (tmp_path / "recordings").glob("*.mcap")
    for part, item in line.kept().items():
        found = aligned_part(path, part, None, SECOND)
        assert found.snapshot.windows["heat"].data.tobytes() == item.windows["heat"].tobytes()
        assert "wheel" not in text_of(found)


def test_while_the_encoder_is_silent_parts_are_decided_by_their_deadline_and_afterwards_as_before(line: Line) -> None:
    # The wheel is silent from 500 ms to 1300 ms, and counts from 0 again then.
    silent = [one for one in floor()[2:] if one.stream == "heat" or one.seq < 50]
    more = [one for n in range(200, 260) for one in (heat(n), wheel(n, 2 * n, session=1))]
    again = [wheel(n, 2 * n, session=1) for n in range(130, 200)]
    readings = sorted([*silent, *again, *more], key=lambda one: one.arrival_ns)
    decided_ms: dict[str, int] = {}

    def look(now_ms: int) -> None:
        for one in line.found:
            decided_ms.setdefault(one.part, now_ms)

    with line.live:
        line.run(readings, (450, 1500), look)
        line.found += line.live.finish()
    assert [(one.part, one.verdict, one.reasons) for one in line.found] == [
        ("p450", "REVIEW", {"heat": "belt"}),
        ("p1500", "REVIEW", {"heat": "ok"}),
    ]
    assert decided_ms["p450"] <= 450 + 800
    assert "heat belt" in line.found[0].reason
    # 60 counts at two in 10 ms.
    assert int(line.kept()["p1500"].windows["heat"][0, 0, 0]) == 150 + 30


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_wall_clock_that_is_set_by_an_hour_changes_no_part(line: Line, hours: int) -> None:
    def set_wall(now_ms: int) -> None:
        line.ahead_ns = 10**18 + (hours * HOUR_NS if now_ms >= 520 else 0)

    with line.live:
        line.run(floor()[2:], PARTS_MS, set_wall)
        line.found += line.live.finish()
    assert line.live.wall.steps == 1
    assert [(one.part, one.reasons) for one in line.found] == [(part, {"heat": "ok"}) for part in FRAMES]
    assert {part: int(item.windows["heat"][0, 0, 0]) for part, item in line.kept().items()} == FRAMES


def test_what_waits_for_a_busy_line_is_bounded_by_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A frame takes 768 bytes and finds no room; a count takes 8.
    line = Line(tmp_path, station(buffers={"inbox_mib": 0.0005, "stream_mib": 1}), monkeypatch)
    line.first()
    with line.live:
        line.run(floor()[2:42])
    counters = line.live.shell.counters
    assert (counters.taken, counters.aligned, counters.dropped) == (21, 21, 21)
    books = line.live.shell.stats().streams["heat"]
    assert (books.ingested, books.dropped, books.balanced) == (21, {"inbox": 21}, True)


def test_every_part_that_was_accepted_is_decided_though_more_wait_than_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(tmp_path, station(buffers={"open_parts": 1}), monkeypatch)
    line.first()
    with line.live:
        for at_ms in range(1, 6):
            line.trigger(at_ms)
        line.run(floor()[2:])
        line.found += line.live.finish()
    assert [one.part for one in line.found] == ["p1", "p2", "p3", "p4", "p5"]
    with Store.open(tmp_path) as store:
        assert store.open_parts() == []


class Failing:
    """Fails at one part, as a bug in scoring would."""

    def __init__(self, inspect: Callable[[Snapshot], Inspected], part: str) -> None:
        self.inspect, self.part = inspect, part

    def __call__(self, snapshot: Snapshot) -> Inspected:
        if snapshot.part == self.part:
            raise RuntimeError("a bug")
        return self.inspect(snapshot)


def test_a_part_at_which_the_inspector_fails_takes_none_that_settled_with_it_and_has_a_row_that_says_why(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    with line.live:
        monkeypatch.setattr(Inspector, "inspect", Failing(line.live._inspector.inspect, "p100"))
        line.run(floor()[2:], (100, 100.001, 400))
        line.found += line.live.finish()
    assert [one.part for one in line.found] == ["p100.001", "p400"]
    assert list(line.live.failures) == ["part p100: RuntimeError: a bug; it is left undecided"]
    assert line.live.counts == {"REVIEW": 2, "UNDECIDED": 1}
    with Store.open(line.folder) as store:
        assert store.open_parts() == []
        with pytest.raises(StoreError, match="part 'p100' was left undecided: RuntimeError: a bug"):
            store.leave_undecided("p100", "again")


def test_where_not_even_the_row_can_be_written_the_others_are_decided_before_the_error_ends_the_line(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    with line.live:
        monkeypatch.setattr(Inspector, "inspect", Failing(line.live._inspector.inspect, "p100"))
        monkeypatch.setattr(line.live._store, "leave_undecided", refuse)
        with pytest.raises(StoreError, match="the disk is full"):
            line.run(floor()[2:], (100, 100.001))
    assert line.live.counts["REVIEW"] == 1
    assert line.kept().keys() == {"p100.001"}


def test_a_trigger_has_its_row_when_its_receipt_is_done_before_the_line_has_looked_at_it(line: Line) -> None:
    with line.live:
        assert line.eye.deliver is not None
        receipt = line.eye.deliver(Trigger(part="p1", time_ns=START_NS + MS))
        assert receipt is not None
        receipt.result(30.0)
        with Store.open(line.folder) as store:
            assert store.open_parts() == ["p1"]
        again = line.eye.deliver(Trigger(part="p1", time_ns=START_NS + MS))
        assert again is not None
        assert "accepted already" in str(again.exception(30.0))
        line.found += line.live.finish()
    assert [one.part for one in line.found] == ["p1"]
    assert (line.live.shell.counters.refused, line.live.shell.counters.not_accepted) == (1, {"came before": 1})
