from pathlib import Path

import numpy as np
import pytest

from qc_station.sensing.playing import PlayedTime, at_once, live, recorded
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.streams import Stream

S = 1_000_000_000
STREAMS = [Stream(name=name, kind="series", shape=(1,), nominal_rate_hz=100.0, units=("Ohm",)) for name in ("a", "b")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Half a second of two streams that take turns."""
    recorder = Recorder(tmp_path, STREAMS, clock=lambda: S)
    for number in range(50):
        for late_ns, stream in enumerate(STREAMS):
            recorder.reading(
                Reading(
                    stream=stream.name,
                    session=0,
                    seq=number,
                    arrival_ns=S + number * S // 100 + late_ns,
                    device_ns=None,
                    data=np.full((1, 1), float(number), np.float32),
                )
            )
    recorder.close()
    return tmp_path


def test_time_is_played_faster_from_the_moment_it_begins() -> None:
    now, slept = [7 * S], list[float]()
    played = PlayedTime(4.0, lambda: now[0], slept.append)
    assert played.now_ns() == 7 * S
    now[0] += S
    assert played.now_ns() == 11 * S
    played.sleep(2.0)
    assert slept == [0.5]


def test_a_recording_that_is_read_at_once_comes_in_the_order_of_arrival(folder: Path) -> None:
    known = recorded(folder)
    found = list(at_once(folder, known.streams))
    assert known.counts == {"a": 50, "b": 50}
    assert [reading.stream for reading in found] == ["a", "b"] * 50
    assert [reading.arrival_ns for reading in found] == sorted(reading.arrival_ns for reading in found)


def test_a_recording_is_live_again_under_supervision_at_another_speed(folder: Path) -> None:
    got: list[Reading] = []
    streams = recorded(folder).streams
    now = PlayedTime(20.0)
    with live(folder, streams, now, got.append) as supervision:
        assert supervision.start() == {}
        while not supervision.ended:
            supervision.look()
    for name in streams:
        assert [reading.seq for reading in got if reading.stream == name] == list(range(50))
        health = supervision.healths[name]
        assert (health.counters.gaps, health.counters.reopenings) == (0, 0)


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    with pytest.raises(SensorNotFoundError, match=r"no \*\.mcap in the folder"):
        recorded(tmp_path)


def test_a_damaged_recording_beside_others_is_named_and_the_others_play(folder: Path) -> None:
    (whole,) = folder.glob("*.mcap")
    (folder / "000000-cut.mcap").write_bytes(whole.read_bytes()[:3000])
    known = recorded(folder)
    assert known.counts == {"a": 50, "b": 50}
    assert len(known.damaged) == 1
    assert "000000-cut.mcap is damaged" in known.damaged[0]
    assert len(list(at_once(folder, known.streams))) == 100


def test_damage_behind_the_index_ends_a_live_replay_as_its_end_does(folder: Path) -> None:
    (path,) = folder.glob("*.mcap")
    content = bytearray(path.read_bytes())
    content[content.index(b"<f4\0", len(content) // 3)] ^= 1
    path.write_bytes(content)
    now, got = PlayedTime(20.0), list[Reading]()
    streams = recorded(folder).streams
    with live(folder, streams, now, got.append) as supervision:
        supervision.start()
        while not supervision.ended:
            supervision.look()
    assert len(got) < 100
    for health in supervision.healths.values():
        assert (health.counters.reopenings, health.counters.driver["damaged"]) == (0, 1)


def test_recordings_of_two_configurations_are_not_played_as_one(folder: Path, tmp_path: Path) -> None:
    Recorder(tmp_path, STREAMS[:1], clock=lambda: S).close()
    with pytest.raises(SensorReadError, match="declare other streams; play them one by one"):
        recorded(folder)


def test_a_folder_of_damaged_recordings_only_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").write_bytes(b"\x89MCAP0\r\n" + bytes(50))
    with pytest.raises(SensorReadError, match=r"a\.mcap is damaged"):
        recorded(tmp_path)
