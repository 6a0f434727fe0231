import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap.well_known import MessageEncoding, SchemaEncoding

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Reading
from sensors.recordings.messages import RecordedTrigger, SessionEvent
from sensors.recordings.payload import SCHEMA
from sensors.recordings.recorder import Recorder
from sensors.recordings.recording import Recording

Make = Callable[[int], Reading]


@pytest.fixture
def path(make_recorder: Callable[..., Recorder], tmp_path: Path, sound: Make, heat: Make) -> Path:
    recorder = make_recorder(config="[station]\nname = 'eins'\n")
    recorder.event("sound", 0, "opened", "start", 1500)
    # The camera's thread is late: written behind sounds that arrived after it.
    for number in range(300):
        recorder.reading(sound(number))
        if number % 10 == 9:
            recorder.reading(heat(number // 10))
    recorder.trigger("A-17", 3003)
    recorder.event("sound", 0, "closed", "unplugged", 9000)
    recorder.close()
    (found,) = tmp_path.glob("*.mcap")
    return found


def test_it_says_what_is_in_it(path: Path) -> None:
    recording = Recording(path)
    assert [stream.name for stream in recording.streams] == ["sound", "heat"]
    assert recording.streams[1].shape == (4, 6)
    assert recording.streams[1].nominal_rate_hz is None
    assert recording.counts == {"sound": 300, "heat": 30}
    assert (recording.start_ns, recording.end_ns) == (1000, 9000)
    assert recording.declaration.config == "[station]\nname = 'eins'\n"
    assert (recording.declaration.monotonic_ns, recording.declaration.wall_ns) == (1000, 1_800_000_000_000_000_000)


def test_readings_of_one_stream_come_back_byte_for_byte(path: Path, sound: Make, heat: Make) -> None:
    for stream, make, count in (("sound", sound, 300), ("heat", heat, 30)):
        back = list(Recording(path).readings(stream))
        assert [_plain(reading) for reading in back] == [_plain(make(number)) for number in range(count)]


def test_everything_comes_in_the_order_of_time_whatever_the_order_of_writing(path: Path) -> None:
    everything = list(Recording(path).everything())
    times = [item.arrival_ns if isinstance(item, Reading) else item.time_ns for item in everything]
    assert times == sorted(times)
    assert len(times) == 333
    assert isinstance(everything[0], SessionEvent)


def test_triggers_and_events_come_back(path: Path) -> None:
    recording = Recording(path)
    assert list(recording.triggers()) == [RecordedTrigger(part="A-17", time_ns=3003)]
    assert [(event.kind, event.reason) for event in recording.events()] == [
        ("opened", "start"),
        ("closed", "unplugged"),
    ]


def test_an_unknown_stream_is_refused_with_those_that_there_are(path: Path) -> None:
    with pytest.raises(SensorReadError, match=r"no stream \['nose'\]; it has \['heat', 'sound'\]"):
        list(Recording(path).readings("nose"))


def test_the_library_of_the_format_lists_channels_schemas_times_and_attachments(path: Path) -> None:
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary = reader.get_summary()
        assert summary is not None
        topics = {channel.topic: channel for channel in summary.channels.values()}
        assert list(topics) == ["declaration", "triggers", "sessions", "readings/sound", "readings/heat"]
        assert summary.schemas[topics["triggers"].schema_id].encoding == "jsonschema"
        assert topics["readings/heat"].message_encoding == MessageEncoding.ROS1
        known = summary.schemas[topics["readings/heat"].schema_id]
        assert (known.name, known.encoding, known.data) == ("qc_station/Reading", SchemaEncoding.ROS1, SCHEMA.encode())
        (attachment,) = reader.iter_attachments()
        assert attachment.name == "station.toml"
        assert attachment.data.startswith(b"[station]")
        ((_, _, trigger),) = reader.iter_messages(topics="triggers")
        assert json.loads(trigger.data) == {"part": "A-17", "time_ns": 3003}
        messages = list(reader.iter_messages(topics="readings/heat"))
        assert [(message.log_time, message.publish_time) for _, _, message in messages[:2]] == [(2005, 7), (2105, 8)]


def test_a_damaged_chunk_is_noticed_while_reading(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(SensorReadError, match=r"is damaged: CRC.*; recover it"):
        list(Recording(path).readings())


def test_any_damage_to_the_index_is_noticed_at_once(path: Path) -> None:
    content = path.read_bytes()
    start = int.from_bytes(content[-28:-20], "little")
    for place in range(start, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x20]) + content[place + 1 :])
        with pytest.raises(SensorReadError, match=r"recording .*(damaged|no index)"):
            Recording(path)


def test_a_missing_file_and_an_empty_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SensorNotFoundError, match=r"no recording .*none\.mcap"):
        Recording(tmp_path / "none.mcap")
    (tmp_path / "empty.mcap").touch()
    with pytest.raises(SensorReadError, match=r"empty\.mcap is damaged"):
        Recording(tmp_path / "empty.mcap")


def test_iterating_holds_few_chunks_in_memory(
    make_recorder: Callable[..., Recorder], tmp_path: Path, sound: Make
) -> None:
    recorder = make_recorder()
    for number in range(4000):
        recorder.reading(sound(number))
    recorder.close()
    (path,) = tmp_path.glob("*.mcap")
    assert path.stat().st_size > 8_000_000
    recording = Recording(path)
    tracemalloc.start()
    assert _count(recording.readings()) == 4000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def _count(readings: Iterator[Reading]) -> int:
    return sum(1 for _ in readings)


def _plain(reading: Reading) -> tuple[object, ...]:
    data = reading.data
    return (
        reading.stream,
        reading.session,
        reading.seq,
        reading.arrival_ns,
        reading.device_ns,
        reading.quality,
        data.dtype.str,
        data.shape,
        data.tobytes(),
    )


def test_a_damaged_length_is_refused_before_memory_is_taken_for_it(path: Path) -> None:
    content = bytearray(path.read_bytes())
    # In the index: the length of a schema's text stands before it.
    at = content.rindex(SCHEMA.encode())
    content[at - 4 : at] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(SensorReadError, match="is damaged"):
        Recording(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 1024**2
