import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.align.device_time import LEAP_NS, NUDGE_NS, WRAPS_NS, DeviceTime

MS = 1_000_000
SECOND = 1000 * MS
START_NS = 2**53 + 1


@pytest.mark.parametrize("wrap_ns", WRAPS_NS)
def test_a_clock_that_wraps_is_carried_on(wrap_ns: int) -> None:
    device = DeviceTime()
    begin = wrap_ns - SECOND
    for step in range(30):
        true = begin + step * 100 * MS
        assert device.unwrap(true % wrap_ns, START_NS + step * 100 * MS) == (true, False)


@given(st.sampled_from(WRAPS_NS), st.lists(st.integers(1, 400), min_size=1, max_size=200), st.integers(0, 2**53))
def test_whatever_the_steps_a_wrapping_clock_tells_the_time_since_its_first_reading(
    wrap_ns: int, steps_ms: list[int], begin: int
) -> None:
    device, true, first = DeviceTime(), begin % wrap_ns, begin % wrap_ns
    device.unwrap(first, START_NS)
    for step_ms in steps_ms:
        true += step_ms * MS
        assert device.unwrap(true % wrap_ns, START_NS + true - first) == (true, False)


def test_a_device_that_was_reset_begins_anew() -> None:
    device = DeviceTime()
    device.unwrap(1000 * SECOND, START_NS)
    assert device.unwrap(2 * SECOND, START_NS + 3 * SECOND) == (2 * SECOND, True)
    assert device.unwrap(3 * SECOND, START_NS + 4 * SECOND) == (3 * SECOND, False)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_device_clock_that_is_set_by_an_hour_begins_anew(hours: int) -> None:
    device = DeviceTime()
    noon = 2**60
    device.unwrap(noon, START_NS)
    assert device.unwrap(noon + hours * 3600 * SECOND, START_NS + SECOND)[1]


def test_a_small_correction_is_left_to_the_clock() -> None:
    device = DeviceTime()
    device.unwrap(100 * SECOND, START_NS)
    assert device.unwrap(100 * SECOND - NUDGE_NS, START_NS + SECOND) == (100 * SECOND - NUDGE_NS, False)
    assert device.unwrap(99 * SECOND - NUDGE_NS - 1, START_NS + SECOND)[1]


def test_a_burst_after_a_stall_is_no_leap() -> None:
    device = DeviceTime()
    device.unwrap(0, START_NS)
    assert device.unwrap(LEAP_NS, START_NS) == (LEAP_NS, False)
    assert device.unwrap(2 * LEAP_NS + 1, START_NS)[1]


def test_a_session_starts_its_own_time() -> None:
    device = DeviceTime()
    device.unwrap(1000 * SECOND, START_NS)
    device.restart()
    assert device.unwrap(5, START_NS + SECOND) == (5, False)
