from pathlib import Path

import numpy as np
import pytest

from qc_station.sensing.tape import Tape
from sensors.readings import Reading
from sensors.recordings.errors import RecordingError
from sensors.recordings.recorder import Recorder
from sensors.recordings.shelf import shelf
from sensors.streams import Stream
from sensors.supervision.health import Health

S = 1_000_000_000
STREAM = Stream(name="enose", kind="series", shape=(1,), nominal_rate_hz=10.0, units=("Ohm",))


def reading(session: int, seq: int, arrival_ns: int) -> Reading:
    data = np.full((1, 1), float(seq), np.float32)
    return Reading(stream="enose", session=session, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data)


def test_a_recording_says_when_a_device_was_opened_and_why_it_was_lost(tmp_path: Path) -> None:
    recorder, told, health = Recorder(tmp_path, [STREAM]), list[str](), Health(STREAM, S)
    tape = Tape(recorder, told.append)
    for one in (reading(0, 0, S), reading(0, 1, 2 * S)):
        tape.take(one)
        health.heard(one)
    health.failed("unplugged")
    for now_ns in (3 * S, 4 * S):
        tape.look({"enose": health}, now_ns)
    tape.take(reading(1, 0, 5 * S))
    recorder.close()
    (recording,) = shelf(tmp_path).recordings
    events = [(event.session, event.kind, event.reason, event.time_ns) for event in recording.events()]
    assert events == [(0, "opened", "", S), (0, "closed", "unplugged", 3 * S), (1, "opened", "", 5 * S)]
    assert recording.counts == tape.counts == {"enose": 3}
    assert told == []


def test_a_disk_that_refuses_is_told_once_and_the_sensor_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, told = Recorder(tmp_path, [STREAM]), list[str]()
    tape, calls = Tape(recorder, told.append), []

    def full(one: Reading) -> None:
        calls.append(one)
        if len(calls) == 1:
            raise RecordingError("recording into /r has stopped: No space left on device")

    monkeypatch.setattr(recorder, "reading", full)
    for seq in range(3):
        tape.take(reading(0, seq, S + seq))
    assert told == ["recording into /r has stopped: No space left on device"]
    assert len(calls) == 3
    recorder.close()
