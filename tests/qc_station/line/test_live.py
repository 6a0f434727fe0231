"""The whole live line, from supervised drivers to the store, with a belt whose encoder is one of its sensors."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qc_station.align.trigger import Trigger
from qc_station.config.writing import station_text
from qc_station.line.aligning import aligner_of
from qc_station.line.feeding import feed
from qc_station.pictures.part import aligned_part
from qc_station.pictures.text import text_of
from qc_station.store import Store
from qc_station.view.placement import Placement
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from tests.qc_station.line.live_line import CONFIG, HOUR_NS, MS, SECOND, START_NS, Line, floor, heat, station, wheel

PARTS_MS = (100, 400, 900)
FRAMES = {"p100": 54, "p400": 62, "p900": 131}
"""30 mm are 60 counts: from 11 to 71, from 41 to 101, and from 214 over the standing belt's 250 to 274."""
TRAVELS_NS = {"p100": 442_500_000, "p400": 217_500_000, "p900": 410_000_000}


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
