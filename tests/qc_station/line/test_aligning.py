"""What the configuration says about deadline and buffers is what the aligner keeps to."""

from typing import Any

import numpy as np
import pytest

from qc_station.align.bounds import Bounds
from qc_station.align.snapshot import Reason, Snapshot
from qc_station.align.trigger import Trigger
from qc_station.config.loading import parse_station
from qc_station.config.station import BuffersConfig, StationConfig
from qc_station.errors import ConfigError
from qc_station.line.aligning import MIB, aligner_of, bounds_of
from qc_station.line.shell import LiveShell
from qc_station.view.placement import Placement
from sensors.readings import Reading

MS, SECOND = 1_000_000, 1_000_000_000
RATE_HZ, BLOCK = 1000, 100


def station(**more: Any) -> StationConfig:
    sound = {"kind": "waveform", "rate_hz": RATE_HZ, "window_s": 0.2, "dtype": "int16"}
    return parse_station({"name": "x", "deadline_ms": 1000, "streams": {"sound": sound}, **more})


def sound(number: int) -> Reading:
    data = np.ones((BLOCK, 1), np.int16)
    arrival_ns = SECOND + (number + 1) * BLOCK * MS
    return Reading(stream="sound", session=0, seq=number * BLOCK, arrival_ns=arrival_ns, device_ns=None, data=data)


class Line:
    """A live shell of a station, whose clock is that of its newest reading."""

    def __init__(self, config: StationConfig) -> None:
        self.now_ns = SECOND
        placement = Placement(config)
        self.shell = LiveShell(aligner_of(config, placement), placement, clock=lambda: self.now_ns)

    def hear(self, numbers: range) -> None:
        for number in numbers:
            self.now_ns = sound(number).arrival_ns
            self.shell.hear(sound(number))

    def part(self, name: str, at_ms: int) -> None:
        self.shell.trigger(Trigger(part=name, time_ns=SECOND + at_ms * MS))

    def snapshots(self) -> list[Snapshot]:
        return self.shell.snapshots(idle_s=0.0)


def test_the_usual_limits_are_those_of_the_aligner_itself() -> None:
    assert bounds_of(BuffersConfig()) == Bounds()


def test_memory_of_a_stream_is_bounded_by_what_the_configuration_says_and_overflow_is_counted() -> None:
    line = Line(station(buffers={"stream_mib": 0.01}))
    line.hear(range(200))
    assert line.snapshots() == []
    books = line.shell.stats().streams["sound"]
    # 200 bytes of samples and 640 of overhead each.
    assert books.buffered == 0.01 * MIB // 840 * BLOCK
    assert books.dropped == {"overflow_bytes": 200 * BLOCK - books.buffered}
    assert books.balanced


def test_seconds_of_a_stream_are_bounded_by_what_the_configuration_says() -> None:
    config = station(buffers={"stream_s": 3.0, "history_s": 1.0})
    # A live line lets go of what is older than its history at every step; this bound is for one that takes none.
    aligner = aligner_of(config, Placement(config))
    for number in range(200):
        aligner.push(sound(number))
    books = aligner.stats().streams["sound"]
    assert 3.0 <= books.buffered / RATE_HZ <= 3.2
    assert set(books.dropped) == {"overflow_seconds"}


@pytest.mark.parametrize(("history_s", "reason"), [(2.0, Reason.GAP), (10.0, Reason.OK)])
def test_a_trigger_may_come_as_late_as_the_configuration_says(history_s: float, reason: Reason) -> None:
    line = Line(station(buffers={"history_s": history_s}))
    for number in range(100):
        line.hear(range(number, number + 1))
        assert line.snapshots() == []
    line.part("a", 5000)
    (snapshot,) = line.snapshots()
    assert snapshot.reasons["sound"] is reason


@pytest.mark.parametrize(("reorder_ms", "reason"), [(0, Reason.GAP), (300, Reason.OK)])
def test_an_overtaken_reading_is_waited_for_as_long_as_the_configuration_says(reorder_ms: int, reason: Reason) -> None:
    line = Line(station(buffers={"reorder_ms": reorder_ms}))
    line.part("a", 250)
    found = []
    for number in (0, 1, 2, 4, 3, 5):
        line.shell.hear(sound(number))
        line.now_ns = max(line.now_ns, sound(number).arrival_ns)
        found += line.snapshots()
    assert [(one.part, one.reasons["sound"]) for one in found] == [("a", reason)]


def test_so_many_parts_wait_as_the_configuration_says() -> None:
    line = Line(station(buffers={"open_parts": 3}))
    line.hear(range(1))
    line.now_ns += 10 * MS
    for number in range(4):
        line.part(f"p{number}", 100 + number)
    assert [(one.part, one.reasons["sound"]) for one in line.snapshots()] == [("p0", Reason.OVERLOAD)]
    assert line.shell.stats().open == 3


@pytest.mark.parametrize(("deadline_ms", "waits_ms"), [(1000.0, 950), (200.0, 160)])
def test_of_the_deadline_a_little_is_kept_for_the_decision(deadline_ms: float, waits_ms: int) -> None:
    config = station(deadline_ms=deadline_ms, streams={"gas": {"kind": "series", "window_steps": 1}})
    aligner = aligner_of(config, Placement(config))
    aligner.trigger("a", SECOND)
    assert aligner.due_ns() == SECOND + waits_ms * MS


def test_a_window_that_ends_within_what_is_kept_is_refused() -> None:
    config = station(deadline_ms=220)
    with pytest.raises(ConfigError, match=r"stream 'sound': its window ends .* later than the deadline of 176 ms"):
        aligner_of(config, Placement(config))
