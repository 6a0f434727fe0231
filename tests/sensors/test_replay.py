from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sensors.conformance import CHECKS
from sensors.driver import Driver
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Quality, Reading
from sensors.recordings.recorder import Recorder
from sensors.replay import Replay
from sensors.streams import Stream

SOUND = Stream(name="sound", kind="waveform", shape=(1,), nominal_rate_hz=100.0, units=("1",))
HEAT = Stream(name="heat", kind="image", shape=(2, 3), nominal_rate_hz=None, units=("Cel",))
BEGIN_NS = 5_000_000_000


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_ns = 90_000_000_000
        self.slept: list[float] = []

    def clock(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_ns += round(seconds * 1e9)


def sounds(session: int = 0, count: int = 20) -> list[Reading]:
    """One every 50 ms, the first 50 ms after the recording began."""
    return [
        Reading(
            stream="sound",
            session=session,
            seq=5 * number,
            arrival_ns=BEGIN_NS + 50_000_000 * (number + 1),
            device_ns=number if number % 2 else None,
            data=np.random.default_rng(number).integers(-100, 100, (5, 1), np.int16),
            quality=Quality.GAP_BEFORE if number == 7 else Quality.OK,
        )
        for number in range(count)
    ]


def record(folder: Path, readings: Sequence[Reading], *, rotate_bytes: int = 10**6, wall: int = 10**18) -> None:
    recorder = Recorder(
        folder, (SOUND, HEAT), rotate_bytes=rotate_bytes, clock=lambda: BEGIN_NS, wall=lambda: wall, budget_bytes=10**9
    )
    for reading in readings:
        recorder.reading(reading)
    recorder.close()


def play(driver: Driver) -> list[Reading]:
    driver.open()
    readings = []
    try:
        while True:
            reading = driver.read()
            if reading is not None:
                readings.append(reading)
    except EOFError:
        driver.close()
        return readings


def plain(reading: Reading) -> tuple[object, ...]:
    return (*(getattr(reading, name) for name in Reading.__slots__ if name != "data"), reading.data.tobytes())


def replay(folder: Path, time: Time, **options: object) -> Replay:
    return Replay(**{"name": "sound", "recording": folder, "clock": time.clock, "sleep": time.sleep, **options})


def test_a_replay_is_equal_to_what_was_live_byte_for_byte(tmp_path: Path) -> None:
    live = sounds()
    record(tmp_path, live)
    for speed in (None, 1.0, 7.0):
        time = Time()
        assert list(map(plain, play(replay(tmp_path, time, speed=speed)))) == list(map(plain, live))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_does_what_every_driver_must(tmp_path: Path, check: Callable[[Callable[[], Driver]], None]) -> None:
    record(tmp_path, sounds())
    check(lambda: replay(tmp_path, Time()))


def test_without_a_speed_nothing_ever_waits(tmp_path: Path) -> None:
    record(tmp_path, sounds())
    time = Time()
    play(replay(tmp_path, time, speed=None))
    assert time.slept == []


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 1.0), (2.0, 0.5), (0.1, 10.0)])
def test_the_arrivals_that_were_recorded_set_the_pace(tmp_path: Path, speed: float, seconds: float) -> None:
    record(tmp_path, sounds())
    time = Time()
    assert len(play(replay(tmp_path, time, speed=speed))) == 20
    assert sum(time.slept) == pytest.approx(seconds)
    assert max(time.slept) <= 0.1


def test_a_reading_that_is_not_yet_due_is_none_after_a_short_wait_and_comes_later(tmp_path: Path) -> None:
    record(tmp_path, [replace(sounds()[0], arrival_ns=BEGIN_NS + 250_000_000)])
    time = Time()
    driver = replay(tmp_path, time)
    driver.open()
    assert [driver.read(), driver.read()] == [None, None]
    assert driver.read() is not None
    assert sum(time.slept) == pytest.approx(0.25)


def test_shifted_arrivals_are_those_of_the_present_and_their_distances_stay(tmp_path: Path) -> None:
    live = sounds()
    record(tmp_path, live)
    time = Time()
    driver = replay(tmp_path, time, shift=True)
    driver.open()
    assert driver.stream == SOUND
    readings = play(driver)
    assert readings[0].arrival_ns == 90_000_000_000 + 50_000_000
    assert {b.arrival_ns - a.arrival_ns for a, b in pairwise(readings)} == {50_000_000}
    assert {a.arrival_ns - b.arrival_ns for a, b in zip(readings, live, strict=True)} == {driver.shift_ns}
    assert [reading.device_ns for reading in readings] == [reading.device_ns for reading in live]


@pytest.mark.parametrize("late_ns", [-(10**9), 0, 400_000_000, 10**10])
def test_who_opens_a_current_replay_late_hears_what_is_now(tmp_path: Path, late_ns: int) -> None:
    live = sounds()
    record(tmp_path, live)
    time = Time()
    origin_ns = time.now_ns
    time.now_ns += late_ns
    driver = replay(tmp_path, time, shift=True, current=True, origin_ns=origin_ns)
    opened_ns = time.now_ns
    found = play(driver)
    missed = [one for one in live if one.arrival_ns - BEGIN_NS + origin_ns < opened_ns]
    assert [one.seq for one in found] == [one.seq for one in live[len(missed) :]]
    assert len(missed) == {-(10**9): 0, 0: 0, 400_000_000: 7, 10**10: 20}[late_ns]
    assert all(one.arrival_ns >= opened_ns for one in found)


def test_a_current_replay_that_is_opened_again_goes_on_in_a_new_session(tmp_path: Path) -> None:
    record(tmp_path, sounds())
    time = Time()
    driver = replay(tmp_path, time, shift=True, current=True, origin_ns=time.now_ns)
    driver.open()
    first = driver.read() or driver.read()
    time.now_ns += 300_000_000
    driver.open()
    again = driver.read() or driver.read()
    assert first is not None
    assert again is not None
    assert (first.session, first.seq, again.session) == (0, 0, 1)
    assert again.seq > 20


def test_streams_with_the_same_origin_keep_together_whenever_they_are_opened(tmp_path: Path) -> None:
    image = Reading(
        stream="heat", session=0, seq=0, arrival_ns=BEGIN_NS + 50_000_000, device_ns=None, data=np.ones((1, 2, 3))
    )
    record(tmp_path, [*sounds(), image])
    time = Time()
    shifted = {"shift": True, "speed": None, "origin_ns": 91_000_000_000}
    sound = play(replay(tmp_path, time, **shifted))
    time.now_ns += 3_000_000
    (heat,) = play(replay(tmp_path, time, name="heat", **shifted))
    assert sound[0].arrival_ns == heat.arrival_ns == 91_050_000_000


def test_files_of_one_recorder_play_on_without_a_seam(tmp_path: Path) -> None:
    live = sounds(count=3000)
    record(tmp_path, live, rotate_bytes=70_000)
    time = Time()
    driver = replay(tmp_path, time, speed=1000.0)
    assert list(map(plain, play(driver))) == list(map(plain, live))
    assert driver.counters["recordings"] > 1
    assert sum(time.slept) == pytest.approx(0.15, rel=0.01)


def test_a_damaged_recording_ends_at_its_damage_and_the_next_one_plays(tmp_path: Path) -> None:
    record(tmp_path, sounds(session=0, count=3000), rotate_bytes=70_000)
    whole = play(replay(tmp_path, Time(), speed=None))
    first, second, *_ = sorted(tmp_path.glob("*.mcap"))
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1
    first.write_bytes(content)
    second.write_bytes(second.read_bytes()[:-100])
    driver = replay(tmp_path, Time(), speed=None)
    found = play(driver)
    assert driver.counters["damaged"] == 2
    played = [reading.seq for reading in found]
    assert played == sorted(set(played))
    assert 0 < len(played) < len(whole)
    assert plain(found[-1]) == plain(whole[-1])


def test_what_cannot_be_read_at_all_is_an_error(tmp_path: Path) -> None:
    record(tmp_path, sounds())
    (path,) = tmp_path.glob("*.mcap")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SensorReadError, match="is damaged"):
        replay(tmp_path, Time()).open()


def test_a_recording_that_begins_with_damage_has_the_stream_of_the_next(tmp_path: Path) -> None:
    record(tmp_path, sounds())
    (tmp_path / "000000-x.mcap").write_bytes(b"nothing")
    assert len(play(replay(tmp_path, Time(), speed=None))) == 20


def test_no_session_comes_twice(tmp_path: Path) -> None:
    again = [replace(reading, arrival_ns=reading.arrival_ns + 10**10) for reading in sounds(session=1)]
    record(tmp_path, sounds(session=0) + again, wall=10**18)
    record(tmp_path, sounds(session=0), wall=2 * 10**18)
    driver = replay(tmp_path, Time(), speed=None)
    assert [reading.session for reading in play(driver)][::20] == [0, 1, 2]
    assert [reading.session for reading in play(driver)][::20] == [3, 4, 5]


def test_a_stream_may_have_another_name_now(tmp_path: Path) -> None:
    record(tmp_path, sounds())
    driver = replay(tmp_path, Time(), name="microphone", stream="sound", speed=None)
    assert driver.stream == replace(SOUND, name="microphone")
    assert {reading.stream for reading in play(driver)} == {"microphone"}


def test_what_is_not_there_is_said_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(SensorNotFoundError, match=r"stream 'sound': no \*\.mcap in the folder"):
        replay(tmp_path, Time()).open()
    record(tmp_path, sounds())
    with pytest.raises(SensorNotFoundError, match=r"has no stream 'nose'; found: 'sound', 'heat'"):
        replay(tmp_path, Time(), name="nose").open()
    with pytest.raises(SensorNotFoundError, match=r"no recording .*none\.mcap"):
        replay(tmp_path / "none.mcap", Time()).open()


def test_a_closed_replay_says_what_to_do(tmp_path: Path) -> None:
    driver = replay(tmp_path, Time())
    with pytest.raises(SensorReadError, match=r"stream 'sound'.*call open\(\) first"):
        driver.read()
    driver.close()
    driver.close()


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(tmp_path: Path, speed: float) -> None:
    with pytest.raises(ValueError, match="must be above 0, or None"):
        replay(tmp_path, Time(), speed=speed)
