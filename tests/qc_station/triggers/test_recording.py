from pathlib import Path

import numpy as np
import pytest

from qc_station.align.trigger import Trigger
from qc_station.triggers.recording import RecordingSource
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.replay import Replay
from sensors.streams import Stream

S = 1_000_000_000
STREAM = Stream(name="enose", kind="series", shape=(1,), nominal_rate_hz=1.0, units=("Ohm",))
PARTS = [("A1", 101 * S), ("A2", 103 * S), ("A3", 104 * S)]


def record(folder: Path, wall_ns: int = 0) -> Path:
    """Ten seconds with a reading each, and three parts; the station was up for 100 seconds."""
    recorder = Recorder(folder, [STREAM], clock=lambda: 100 * S, wall=lambda: wall_ns)
    for number in range(10):
        data = np.full((1, 1), float(number), np.float32)
        arrival_ns = (100 + number) * S
        recorder.reading(
            Reading(stream="enose", session=0, seq=number, arrival_ns=arrival_ns, device_ns=None, data=data)
        )
        for part, time_ns in PARTS:
            if time_ns == arrival_ns:
                recorder.trigger(part, time_ns)
    recorder.close()
    return sorted(folder.glob("*.mcap"))[-1]


def times(seen: list[Trigger]) -> list[tuple[str, int]]:
    return [(trigger.part, trigger.time_ns) for trigger in seen]


def test_triggers_come_when_they_are_due_with_the_times_that_they_had(tmp_path: Path) -> None:
    seen: list[Trigger] = []
    source = RecordingSource(recording=record(tmp_path), clock=lambda: 7 * S)
    source.start(seen.append)
    for now_ns, parts in ((7 * S, 0), (8 * S - 1, 0), (8 * S, 1), (10 * S, 2), (99 * S, 3), (100 * S, 3)):
        source.look(now_ns)
        assert times(seen) == PARTS[:parts]
    assert source.counters == {"triggers": 3}
    source.stop()


def test_a_recording_that_plays_twice_as_fast_triggers_twice_as_early(tmp_path: Path) -> None:
    seen: list[Trigger] = []
    source = RecordingSource(recording=record(tmp_path), speed=2.0, clock=lambda: 0)
    source.start(seen.append)
    source.look(S // 2)
    assert times(seen) == PARTS[:1]
    source.look(2 * S)
    assert times(seen) == PARTS
    source.stop()


def test_shifted_triggers_keep_their_distance_to_the_shifted_readings(tmp_path: Path) -> None:
    path, now, seen = record(tmp_path), [50 * S], list[Trigger]()
    replay = Replay(
        name="enose", recording=path, shift=True, origin_ns=50 * S, clock=lambda: now[0], sleep=lambda _: None
    )
    # The source starts later than the sensor, as it does when sensors take time to open.
    source = RecordingSource(recording=path, shift=True, origin_ns=50 * S, clock=lambda: 53 * S)
    replay.open()
    now[0] = 99 * S
    arrivals = []
    while len(arrivals) < 10:
        reading = replay.read()
        assert reading is not None
        arrivals.append(reading.arrival_ns)
    source.start(seen.append)
    source.look(now[0])
    assert [trigger.time_ns for trigger in seen] == [arrivals[1], arrivals[3], arrivals[4]]
    replay.close()
    source.stop()


def test_who_starts_a_current_recording_late_gets_no_trigger_of_the_past(tmp_path: Path) -> None:
    seen: list[Trigger] = []
    options = {"shift": True, "current": True, "origin_ns": 50 * S}
    source = RecordingSource(recording=record(tmp_path), clock=lambda: 53 * S, **options)
    source.start(seen.append)
    source.look(53 * S)
    assert times(seen) == [("A2", 53 * S)]
    source.look(60 * S)
    assert times(seen) == [("A2", 53 * S), ("A3", 54 * S)]
    source.stop()


def test_a_recording_can_be_played_again_and_not_after_it_was_stopped(tmp_path: Path) -> None:
    seen: list[Trigger] = []
    source = RecordingSource(recording=record(tmp_path), clock=lambda: 0)
    for _ in range(2):
        source.start(seen.append)
        source.look(2 * S)
        source.stop()
        source.look(99 * S)
    assert times(seen) == PARTS[:1] * 2


def test_a_folder_of_one_run_is_played_and_one_of_two_runs_refused(tmp_path: Path) -> None:
    record(tmp_path, wall_ns=S)
    seen: list[Trigger] = []
    source = RecordingSource(recording=tmp_path, clock=lambda: 0)
    source.start(seen.append)
    source.look(99 * S)
    assert times(seen) == PARTS
    source.stop()
    record(tmp_path, wall_ns=2 * S)
    with pytest.raises(SensorReadError, match="has recordings of 2 runs; allowed: of one"):
        source.start(seen.append)


def test_a_recording_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SensorNotFoundError, match=r"no \*\.mcap in the folder"):
        RecordingSource(recording=tmp_path).start(lambda _: None)
    with pytest.raises(SensorNotFoundError, match=str(tmp_path / "none.mcap")):
        RecordingSource(recording=tmp_path / "none.mcap").start(lambda _: None)


def test_a_recording_that_is_damaged_further_on_ends_and_says_why(tmp_path: Path) -> None:
    path, seen = record(tmp_path), list[Trigger]()
    source = RecordingSource(recording=path, clock=lambda: 0)
    source.start(seen.append)
    source.stop()
    assert source.why == ""
    data = bytearray(path.read_bytes())
    # One bit of a part, in the chunk; the index at the end is whole.
    data[data.index(b'"A2"') + 1] ^= 1
    path.write_bytes(data)
    source.start(seen.append)
    source.look(99 * S)
    assert seen == []
    assert f"recording {path} is damaged" in source.why


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match=r"speed = .*; allowed: above 0"):
        RecordingSource(recording="x", speed=speed)
