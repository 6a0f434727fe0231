import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sensors.readings import Reading
from sensors.recordings.declaration import Declaration
from sensors.recordings.errors import RecordingError
from sensors.recordings.layout import DECLARATION_CHANNEL, RecordingFile, open_output
from sensors.recordings.recorder import Recorder
from sensors.recordings.recording import Recording
from sensors.recordings.repair import recover, repair
from sensors.recordings.scan import MAGIC
from sensors.recordings.shelf import shelf
from sensors.streams import Stream

CHUNK, HEAD_BYTES = 0x06, 49
"""Opcode of a chunk, and the bytes of an uncompressed one before the records that it holds."""
Make = Callable[[int], Reading]
SOME = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def whole(make_recorder: Callable[..., Recorder], tmp_path: Path, sound: Make) -> Path:
    """A closed recording of 200 readings in about seven chunks, away from the folder of the tests."""
    recorder = make_recorder()
    for number in range(200):
        recorder.reading(sound(number))
    recorder.trigger("A", 4000)
    recorder.close()
    (path,) = tmp_path.glob("*.mcap")
    return path.rename(tmp_path / "whole")


def _numbers(path: Path) -> list[int]:
    return [int(reading.data[0, 0]) // 1000 for reading in Recording(path).readings()]


def test_nothing_is_lost_of_a_whole_file(whole: Path, tmp_path: Path) -> None:
    result = recover(whole, tmp_path / "new.mcap")
    assert (result.messages, result.damaged_bytes, result.damaged_inside) == (201, 0, False)
    assert (tmp_path / "new.mcap").read_bytes() == whole.read_bytes()


@SOME
@given(st.floats(0.0, 1.0))
@example(0.0)
@example(1.0)
def test_any_cut_gives_back_the_beginning(whole: Path, tmp_path: Path, share: float) -> None:
    _check_cut(whole, tmp_path, round(share * whole.stat().st_size))


def test_a_cut_at_each_of_the_first_and_last_bytes_gives_back_the_beginning(whole: Path, tmp_path: Path) -> None:
    size = whole.stat().st_size
    for cut in (*range(0, 3000, 53), *range(size - 1000, size, 29)):
        _check_cut(whole, tmp_path, cut)


def _check_cut(whole: Path, tmp_path: Path, cut: int) -> None:
    damaged, target = tmp_path / "cut", tmp_path / "new.mcap"
    target.unlink(missing_ok=True)
    damaged.write_bytes(whole.read_bytes()[:cut])
    result = recover(damaged, target)
    assert not result.damaged_inside
    assert damaged.stat().st_size == cut
    if result.path is None:
        assert cut < 2000
        assert result.messages == 0
        assert not target.exists()
        return
    numbers = _numbers(target)
    assert numbers == list(range(len(numbers)))
    # All but the chunk that was cut: one holds at most 34 readings of 2 KiB.
    assert len(numbers) >= min(200, (cut - 8000) // 2200 - 34)
    assert result.damaged_bytes < 80_000


@SOME
@given(st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 7))
def test_a_flipped_bit_costs_its_chunk_only(whole: Path, tmp_path: Path, share: float, bit: int) -> None:
    content = bytearray(whole.read_bytes())
    content[int(share * len(content))] ^= 1 << bit
    damaged, target = tmp_path / "flipped", tmp_path / "new.mcap"
    target.unlink(missing_ok=True)
    damaged.write_bytes(content)
    recover(damaged, target)
    lost = set(range(200)) - set(_numbers(target))
    assert len(lost) <= 34
    assert not lost or lost == set(range(min(lost), max(lost) + 1))


def test_every_bit_before_the_first_reading_may_flip(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    # Before the dtype of the first reading stand 24 bytes of its header, 31 of its message and 49 of its chunk.
    for place in range(0, content.index(b"<i4\0") - 24 - 31 - 49, 5):
        damaged, target = tmp_path / "flipped", tmp_path / "new.mcap"
        target.unlink(missing_ok=True)
        damaged.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
        recover(damaged, target)
        assert _numbers(target) == list(range(200))


def test_bytes_lost_in_the_middle_are_counted_and_known_as_no_mere_cut(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    (tmp_path / "holed").write_bytes(content[:150_000] + content[151_000:])
    result = recover(tmp_path / "holed", tmp_path / "new.mcap")
    assert result.damaged_inside
    assert 60_000 < result.damaged_bytes < 75_000
    assert 165 <= result.messages - 1 < 200


@given(st.binary(max_size=300))
@SOME
def test_a_file_of_anything_is_no_recording_and_no_exception(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "junk").write_bytes(content)
    result = recover(tmp_path / "junk", tmp_path / "new.mcap")
    assert (result.path, result.messages) == (None, 0)
    assert not (tmp_path / "new.mcap").exists()


WRITER = """
import sys
from pathlib import Path
import numpy as np
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.streams import Stream

stream = Stream(name="sound", kind="waveform", shape=(2,), nominal_rate_hz=None, units=("1", "1"))
recorder = Recorder(Path(sys.argv[1]), (stream,), fsync_s=1e9)
number = 0
while True:
    data = np.full((256, 2), number, np.int32)
    recorder.reading(Reading(stream="sound", session=0, seq=256 * number, arrival_ns=number, device_ns=None, data=data))
    number += 1
    if number % 10 == 0:
        print(number, flush=True)
"""


def test_a_killed_process_loses_its_open_chunk_only(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while int(process.stdout.readline()) < 1000:
            pass
        os.kill(process.pid, signal.SIGKILL)
        recorded = int(("1000\n" + process.stdout.read()).split()[-1])
    assert list(folder.glob("*.mcap")) == []
    result = repair(folder)
    assert (result.quarantined, result.failed) == ((), ())
    (recording,) = shelf(folder).recordings
    numbers = [int(reading.data[0, 0]) for reading in recording.readings()]
    assert numbers == list(range(len(numbers)))
    # The printed count is 10 behind at most; a chunk holds at most 34 readings.
    assert recorded - 34 <= len(numbers)
    assert list(folder.glob("*.open")) == []


def test_a_file_that_a_live_recorder_holds_stays(make_recorder: Callable[..., Recorder], tmp_path: Path) -> None:
    recorder = make_recorder()
    assert repair(tmp_path).recovered == ()
    (path,) = tmp_path.glob("*.mcap.open")
    recorder.close()
    assert not path.exists()


def test_a_file_with_damage_inside_is_saved_and_its_original_goes_to_quarantine(whole: Path, tmp_path: Path) -> None:
    content = bytearray(whole.read_bytes())
    content[150_000] ^= 1
    (tmp_path / "000007-x.mcap.open").write_bytes(content)
    result = repair(tmp_path)
    assert result.quarantined == (tmp_path / "quarantine" / "000007-x.mcap.open",)
    assert result.quarantined[0].read_bytes() == content
    assert len(_numbers(tmp_path / "000007-x.mcap")) >= 165


def test_a_file_of_which_nothing_is_left_goes_to_quarantine_and_hinders_no_other(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "000001-x.mcap.open").write_bytes(b"")
    (tmp_path / "000002-x.mcap.open").write_bytes(whole.read_bytes()[:200_000])
    result = repair(tmp_path)
    assert [path.name for path in result.quarantined] == ["000001-x.mcap.open"]
    assert [recording.path.name for recording in shelf(tmp_path).recordings] == ["000002-x.mcap"]


def test_a_repair_that_finds_no_room_leaves_everything_as_it_was(whole: Path, tmp_path: Path) -> None:
    left = tmp_path / "000002-x.mcap.open"
    left.write_bytes(whole.read_bytes()[:200_000])

    def full(path: Path) -> object:
        raise OSError(28, "No space left on device", str(path))

    result = repair(tmp_path, open_file=full)
    assert "cannot be recovered" in result.failed[0]
    assert "No space left" in result.failed[0]
    assert left.stat().st_size == 200_000
    assert list(tmp_path.glob("*.recovering")) == []


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"none .*cannot be recovered"):
        recover(tmp_path / "none", tmp_path / "new.mcap")


def test_readings_that_hold_a_whole_recording_do_not_confuse_the_scan(whole: Path, tmp_path: Path) -> None:
    stream = Stream(name="bytes", kind="series", shape=(), nominal_rate_hz=None, units=("1",))
    declaration = Declaration(streams=(stream,), config="", run=1, monotonic_ns=1, wall_ns=1)
    inner = np.frombuffer(whole.read_bytes(), np.uint8)
    file = RecordingFile(open_output(tmp_path / "outer"), declaration)
    for number in range(3):
        file.reading(
            Reading(stream="bytes", session=0, seq=number * inner.size, arrival_ns=number, device_ns=None, data=inner)
        )
    file.finish()
    result = recover(tmp_path / "outer", tmp_path / "new.mcap")
    assert (result.messages, result.damaged_bytes) == (3, 0)
    assert [reading.count for reading in Recording(tmp_path / "new.mcap").readings()] == [inner.size] * 3


def _records(content: bytes) -> list[bytes]:
    """Opcode, length and body of each record between the two magics."""
    records, place = [], len(MAGIC)
    while place < len(content) - len(MAGIC):
        end = place + 9 + int.from_bytes(content[place + 1 : place + 9], "little")
        records.append(content[place:end])
        place = end
    return records


def test_a_declaration_that_stands_behind_the_first_message_saves_nothing_and_hinders_nothing(
    whole: Path, tmp_path: Path
) -> None:
    chunks = [record for record in _records(whole.read_bytes()) if record[0] == CHUNK]
    (tmp_path / "1.mcap.open").write_bytes(MAGIC + chunks[1] + chunks[0])
    result = repair(tmp_path)
    assert [one.path for one in result.recovered] == [None]
    assert (result.failed, len(result.quarantined)) == ((), 1)


@pytest.mark.parametrize("change", [lambda inside: inside[:-4], lambda inside: inside + b"\x05" + b"\xff" * 8])
def test_a_checksum_that_matches_nonsense_costs_the_rest_of_its_chunk(
    whole: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    first, second, *_ = [record for record in _records(whole.read_bytes()) if record[0] == CHUNK]
    inside = change(second[HEAD_BYTES:])
    head = second[9:25] + len(inside).to_bytes(8, "little") + zlib.crc32(inside).to_bytes(4, "little") + bytes(4)
    body = head + len(inside).to_bytes(8, "little") + inside
    (tmp_path / "1.mcap.open").write_bytes(MAGIC + first + b"\x06" + len(body).to_bytes(8, "little") + body)
    (saved,) = repair(tmp_path).recovered
    assert saved.path is not None
    assert saved.damaged_bytes > 0
    assert _numbers(saved.path) == list(range(saved.messages))


def test_a_declaration_that_is_no_json_is_passed_over(whole: Path, tmp_path: Path) -> None:
    declaration = Recording(whole).declaration
    file = RecordingFile(open_output(tmp_path / "1.mcap.open"), declaration)
    file.message(DECLARATION_CHANNEL, 1, 1, b'{"json": ')
    file.finish()
    (saved,) = repair(tmp_path).recovered
    assert saved.path is not None
    assert Recording(saved.path).declaration == declaration
