from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qc_station.align.rate import Rate
from qc_station.align.stamper import Stamper
from sensors.readings import Reading
from sensors.streams import Stream

MS = 1_000_000
SECOND = 1000 * MS
START_NS = 2**53 + 1
HOUR_NS = 3600 * SECOND


def stamper(kind: str = "waveform", rate_hz: float | None = 1000.0) -> Stamper:
    stream = Stream(name="s", kind=kind, shape=(1,), nominal_rate_hz=rate_hz, units=("1",))
    return Stamper(stream, Rate.of(rate_hz) if rate_hz else None)


def reading(number: int, *, delay_ms: float = 0.0, count: int = 100, **more: Any) -> Reading:
    """Block `number` of a device at 1 kHz."""
    arrival_ns = START_NS + (number + 1) * count * MS + round(delay_ms * MS)
    given = {"stream": "s", "session": 0, "seq": number * count, "arrival_ns": arrival_ns, "device_ns": None}
    return Reading(**{**given, "data": np.zeros((count, 1), np.int16), **more})


def taken_ns(number: int, count: int = 100) -> int:
    return START_NS + (number + 1) * count * MS


def test_a_counted_stream_is_stamped_by_its_count() -> None:
    one = stamper()
    for number in range(100):
        one.stamp(reading(number))
    assert one.stamp(reading(100, delay_ms=60)).time_ns == taken_ns(100)


@pytest.mark.parametrize("kind", ["image", "series"])
def test_what_the_host_numbers_is_stamped_when_it_arrives(kind: str) -> None:
    one = stamper(kind, 10.0)
    one.stamp(reading(0, count=1))
    # A shutter that was closed for 400 ms counted nothing: the frame after it is young, not late.
    stamp = one.stamp(reading(1, count=1, delay_ms=400))
    assert stamp.time_ns == taken_ns(1, 1) + 400 * MS
    assert stamp.uncertainty_ns == 100 * MS


def test_irregular_frames_with_device_time_stand_at_their_own_times() -> None:
    one = stamper("image", None)
    random = np.random.default_rng(0)
    times = np.cumsum(random.integers(20, 300, 600)).tolist()
    delays = random.exponential(2, 600).tolist()
    errors = []
    for number, (time_ms, delay_ms) in enumerate(zip(times, delays, strict=True)):
        arrival_ns = START_NS + time_ms * MS + round(delay_ms * MS)
        frame = reading(number, count=1, arrival_ns=arrival_ns, device_ns=(time_ms + 77_000) * MS)
        errors.append(one.stamp(frame).time_ns - START_NS - time_ms * MS)
    assert max(abs(error) for error in errors[100:]) < MS


def test_after_a_reconnection_device_times_that_overlap_are_not_compared() -> None:
    one = stamper(rate_hz=None, kind="series")
    for number in range(200):
        one.stamp(reading(number, device_ns=number * 100 * MS))
    for number in range(200, 210):
        stamp = one.stamp(reading(number, session=1, device_ns=(number - 195) * 100 * MS))
        assert (stamp.time_ns, stamp.epoch) == (taken_ns(number), 1)
    assert one.breaks == 0


def test_a_device_that_is_reset_within_a_session_is_another_epoch() -> None:
    one = stamper()
    for number in range(200):
        one.stamp(reading(number, device_ns=number * 100 * MS))
    stamp = one.stamp(reading(230, device_ns=0))
    assert (stamp.time_ns, stamp.epoch, one.breaks) == (taken_ns(230), 1, 1)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_device_whose_wall_clock_is_set_by_an_hour_stays_in_time(hours: int) -> None:
    one, noon = stamper(), 2**60
    for number in range(400):
        shift = hours * HOUR_NS if number >= 300 else 0
        delay_ms = 0.1 * (number % 3)
        stamp = one.stamp(reading(number, delay_ms=delay_ms, device_ns=noon + number * 100 * MS + shift))
        assert abs(stamp.time_ns - taken_ns(number)) <= 0.2 * MS
    assert one.breaks == 1


@pytest.mark.parametrize("bits_ns", [2**32 * 1000, 2**16 * MS])
def test_a_device_time_that_wraps_is_no_break(bits_ns: int) -> None:
    one = stamper()
    for number in range(800):
        stamp = one.stamp(reading(number, device_ns=(bits_ns - 5 * SECOND + number * 100 * MS) % bits_ns))
        assert abs(stamp.time_ns - taken_ns(number)) <= 1
    assert one.breaks == 0


def test_a_host_that_was_suspended_is_a_break_and_nothing_else() -> None:
    # CLOCK_MONOTONIC stands still meanwhile, the device counts on, and what it took is lost.
    one = stamper()
    for number in range(300):
        one.stamp(reading(number))
    errors = []
    for number in range(300, 500):
        woken = reading(number, seq=number * 100 + 600_000)
        errors.append(one.stamp(woken).time_ns - taken_ns(number))
    assert one.breaks == 1
    assert max(abs(error) for error in errors) == 0


def test_a_reading_without_the_device_time_of_the_others_is_stamped_when_it_arrives() -> None:
    one = stamper()
    for number in range(100):
        one.stamp(reading(number, device_ns=number * 100 * MS))
    assert one.stamp(reading(100, delay_ms=5)).time_ns == taken_ns(100) + 5 * MS
    assert one.stamp(reading(101, delay_ms=5, device_ns=10_100 * MS)).time_ns == taken_ns(101)


def test_an_epoch_is_never_used_twice() -> None:
    one = stamper()
    seen = [one.stamp(reading(number, session=number // 3, device_ns=-number * HOUR_NS)).epoch for number in range(9)]
    assert seen == sorted(seen)
    assert len(set(seen)) == 9


def test_drift_is_told() -> None:
    one = stamper()
    for number in range(300):
        late = replace(reading(number), arrival_ns=START_NS + round((number + 1) * 100 * MS * 1.00005))
        one.stamp(late)
    assert one.drift_ppm == pytest.approx(-50, abs=1)
