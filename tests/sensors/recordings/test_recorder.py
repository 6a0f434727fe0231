import errno
import os
from collections import deque
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from sensors.errors import SensorError
from sensors.readings import Reading
from sensors.recordings.errors import RecordingError
from sensors.recordings.layout import open_output
from sensors.recordings.recorder import Recorder
from sensors.recordings.recording import Recording
from sensors.recordings.shelf import shelf

Make = Callable[[int], Reading]
MakeRecorder = Callable[..., Recorder]


class SmallDisk:
    """Files on a disk that takes so many bytes in all, and then half of a write."""

    def __init__(self, room: int) -> None:
        self.room, self.syncs, self.closed = room, 0, 0

    def __call__(self, path: Path) -> "SmallDisk":
        self._file = open_output(path)
        return self

    def write(self, data: bytes | memoryview, /) -> int | None:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self._file.write(memoryview(data)[: self.room]) or 0
        self.room -= written
        return written

    def fileno(self) -> int:
        self.syncs += 1
        return self._file.fileno()

    def close(self) -> None:
        self.closed += 1
        self._file.close()


def _numbers(folder: Path) -> list[list[int]]:
    return [[r.seq // 256 for r in recording.readings("sound")] for recording in shelf(folder).recordings]


def test_an_open_recording_has_another_name_until_it_is_closed(make_recorder: MakeRecorder, tmp_path: Path) -> None:
    recorder = make_recorder()
    assert [path.name for path in tmp_path.iterdir()] == ["000001-20270115T080000Z.mcap.open"]
    recorder.close()
    recorder.close()
    assert [path.name for path in tmp_path.iterdir()] == ["000001-20270115T080000Z.mcap"]


def test_a_file_that_has_its_size_is_followed_by_the_next_without_a_reading_lost(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make
) -> None:
    recorder = make_recorder(rotate_bytes=200_000)
    for number in range(500):
        recorder.reading(sound(number))
    recorder.close()
    files = _numbers(tmp_path)
    assert len(files) == recorder.counters["files"] > 3
    assert list(chain(*files)) == list(range(500))
    assert all(path.stat().st_size < 300_000 for path in tmp_path.glob("*.mcap"))


def test_a_file_that_has_its_age_is_followed_by_the_next(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make, clock: "object"
) -> None:
    recorder = make_recorder(rotate_s=10.0)
    for number in range(30):
        clock.now_ns += 1_000_000_000  # type: ignore[attr-defined]
        recorder.reading(sound(number))
    recorder.close()
    assert _numbers(tmp_path) == [list(range(10)), list(range(10, 20)), list(range(20, 30)), []]


def test_the_oldest_closed_recordings_make_room_for_new_ones(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make
) -> None:
    recorder = make_recorder(rotate_bytes=200_000, budget_bytes=700_000)
    for number in range(1000):
        recorder.reading(sound(number))
        if number % 50 == 0:
            assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 800_000
            assert len(list(tmp_path.glob("*.open"))) == 1
    recorder.close()
    files = _numbers(tmp_path)
    kept = list(chain(*files))
    assert kept == list(range(kept[0], 1000))
    assert kept[0] > 500
    assert recorder.counters["removed_files"] == recorder.counters["files"] - len(files) > 0
    assert recorder.counters["removed_bytes"] >= 200_000 * recorder.counters["removed_files"]


def test_quarantined_files_go_before_good_ones(make_recorder: MakeRecorder, tmp_path: Path) -> None:
    (tmp_path / "quarantine").mkdir()
    (tmp_path / "quarantine" / "000001-x.mcap").write_bytes(bytes(500_000))
    good = tmp_path / "000002-x.mcap"
    good.write_bytes(bytes(300_000))
    recorder = make_recorder(rotate_bytes=200_000, budget_bytes=600_000)
    recorder.close()
    assert list((tmp_path / "quarantine").iterdir()) == []
    assert good.exists()
    assert recorder.counters["removed_files"] == 1


def test_numbers_count_on_over_all_that_is_in_the_folder(make_recorder: MakeRecorder, tmp_path: Path) -> None:
    (tmp_path / "quarantine").mkdir()
    (tmp_path / "quarantine" / "000041-20260101T000000Z.mcap.open.2").touch()
    make_recorder().close()
    assert [path.name[:6] for path in tmp_path.glob("*.mcap")] == ["000042"]


def test_the_disk_is_synced_by_the_clock_and_what_was_synced_can_be_read(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make, clock: "object"
) -> None:
    disk = SmallDisk(10**9)
    recorder = make_recorder(fsync_s=2.0, open_file=disk)
    (path,) = tmp_path.glob("*.open")
    before, size = disk.syncs, path.stat().st_size
    recorder.reading(sound(0))
    assert (disk.syncs, path.stat().st_size) == (before, size)
    clock.now_ns += 2_000_000_000  # type: ignore[attr-defined]
    recorder.reading(sound(1))
    assert disk.syncs == before + 1
    assert path.stat().st_size > size + 2 * 2048
    recorder.close()


@pytest.mark.parametrize("room", [30_000, 100_000, 202_000])
def test_a_full_disk_is_reported_once_and_then_drops_are_counted(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make, room: int
) -> None:
    disk = SmallDisk(room)
    recorder = make_recorder(open_file=disk)
    errors = []
    for number in range(300):
        try:
            recorder.reading(sound(number))
        except SensorError as error:
            errors.append(str(error))
    recorder.trigger("A", 1)
    assert len(errors) == 1
    assert errors[0] == f"recording into {tmp_path} has stopped: [Errno 28] No space left on device"
    assert recorder.failure is not None
    assert recorder.counters["errors"] == 1
    assert recorder.counters["readings"] + recorder.counters["dropped"] == 300
    assert disk.closed == 1
    recorder.close()


def test_what_was_written_before_the_disk_was_full_is_saved_by_the_next_recorder(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make
) -> None:
    recorder = make_recorder(open_file=SmallDisk(200_000))
    with pytest.raises(RecordingError, match="No space left"):
        deque(map(recorder.reading, map(sound, range(300))))
    following = make_recorder()
    following.close()
    saved, empty = _numbers(tmp_path)
    assert saved == list(range(len(saved)))
    assert len(saved) == following.counters["recovered_messages"] > 40
    assert empty == []
    assert following.counters["damaged_bytes"] > 0


def test_a_disk_that_is_full_from_the_beginning_is_said_when_the_recorder_is_made(make_recorder: MakeRecorder) -> None:
    with pytest.raises(RecordingError, match=r"has stopped: .*No space left"):
        make_recorder(open_file=SmallDisk(100))


def test_a_disk_that_fills_at_the_end_is_said_when_closing(make_recorder: MakeRecorder, tmp_path: Path) -> None:
    disk = SmallDisk(10**9)
    recorder = make_recorder(open_file=disk)
    disk.room = 100
    with pytest.raises(RecordingError, match="No space left"):
        recorder.close()
    recorder.close()
    assert len(list(tmp_path.glob("*.open"))) == 1


def test_mistakes_of_the_caller_are_refused_and_recording_goes_on(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make
) -> None:
    recorder = make_recorder()
    other = Reading(stream="nose", session=0, seq=0, arrival_ns=1, device_ns=None, data=sound(0).data)
    with pytest.raises(RecordingError, match=r"stream 'nose' is not declared .*; declared: 'sound', 'heat'"):
        recorder.reading(other)
    with pytest.raises(RecordingError, match=r"event 'burnt'; known kinds: opened, closed"):
        recorder.event("sound", 0, "burnt", "", 1)
    recorder.reading(sound(0))
    recorder.close()
    assert _numbers(tmp_path) == [[0]]


def test_limits_that_contradict_each_other_are_refused(make_recorder: MakeRecorder) -> None:
    with pytest.raises(RecordingError, match="rotate_bytes is 11; must be above 0 and at most budget_bytes, 10"):
        make_recorder(rotate_bytes=11, budget_bytes=10)


def test_a_damaged_recording_goes_to_quarantine_and_the_others_are_listed(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make
) -> None:
    for _ in range(3):
        recorder = make_recorder()
        recorder.reading(sound(0))
        recorder.close()
    second = sorted(tmp_path.glob("*.mcap"))[1]
    second.write_bytes(second.read_bytes()[:100])
    found = shelf(tmp_path)
    assert [recording.path.name[:6] for recording in found.recordings] == ["000001", "000003"]
    assert found.quarantined == (tmp_path / "quarantine" / second.name,)
    assert (found.recovered, found.failed) == ((), ())
    assert shelf(tmp_path).quarantined == ()
    second.write_bytes(b"again")
    assert shelf(tmp_path).quarantined == (tmp_path / "quarantine" / f"{second.name}.2",)


def test_of_a_recording_without_its_end_all_readings_are_saved_and_the_original_is_kept(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make
) -> None:
    recorder = make_recorder()
    for number in range(100):
        recorder.reading(sound(number))
    recorder.close()
    (path,) = tmp_path.glob("*.mcap")
    path.write_bytes(path.read_bytes()[:-5])
    found = shelf(tmp_path)
    assert found.quarantined == (tmp_path / "quarantine" / path.name,)
    assert [one.messages for one in found.recovered] == [100]
    assert _numbers(tmp_path) == [list(range(100))]


def test_damage_that_the_index_does_not_show_is_found_by_a_check_and_costs_its_chunk(
    make_recorder: MakeRecorder, tmp_path: Path, sound: Make
) -> None:
    recorder = make_recorder()
    for number in range(200):
        recorder.reading(sound(number))
    recorder.close()
    assert shelf(tmp_path, check=True).quarantined == ()
    (path,) = tmp_path.glob("*.mcap")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert shelf(tmp_path).quarantined == ()
    found = shelf(tmp_path, check=True)
    assert found.quarantined == (tmp_path / "quarantine" / path.name,)
    (numbers,) = _numbers(tmp_path)
    lost = set(range(200)) - set(numbers)
    assert lost == set(range(min(lost), max(lost) + 1))
    assert 1 <= len(lost) <= 34
    assert shelf(tmp_path, check=True).quarantined == ()


def test_every_file_of_a_recorder_says_that_it_belongs_to_it(make_recorder: MakeRecorder, tmp_path: Path) -> None:
    walls = iter(range(10**18, 10**18 + 100))
    make_recorder(wall=lambda: next(walls)).close()
    make_recorder(wall=lambda: next(walls)).close()
    runs = [Recording(path).declaration.run for path in sorted(tmp_path.glob("*.mcap"))]
    assert runs == [10**18, 10**18 + 2]
