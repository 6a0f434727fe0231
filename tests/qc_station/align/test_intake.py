from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.align.intake import Intake
from qc_station.align.rate import Rate
from sensors.readings import Reading
from tests.qc_station.align.scene import MS, SECOND, sound

RATE = Rate.of(1000.0)


def places(readings: list[Reading]) -> list[tuple[int, int]]:
    return [(reading.session, reading.seq) for reading in readings]


def test_what_continues_passes_at_once() -> None:
    intake = Intake(RATE)
    assert [places(intake.push(sound(10 * n))) for n in range(3)] == [[(1, 0)], [(1, 10)], [(1, 20)]]


def test_what_was_overtaken_goes_in_front() -> None:
    intake = Intake(RATE)
    intake.push(sound(0))
    assert intake.push(sound(20)) == []
    assert (len(intake), intake.samples) == (1, 10)
    assert places(intake.push(sound(10))) == [(1, 10), (1, 20)]
    assert (len(intake), intake.samples, intake.bytes) == (0, 0, 0)


def test_without_a_bound_it_waits_until_the_next_release() -> None:
    intake = Intake(RATE)
    for seq in (0, 40, 20):
        intake.push(sound(seq))
    assert places(intake.release(0)) == [(1, 20), (1, 40)]


def test_with_a_bound_it_waits_for_that_long_and_no_longer() -> None:
    intake = Intake(RATE, reorder_ns=50 * MS)
    intake.push(sound(0))
    gap = sound(20)
    intake.push(gap)
    assert intake.release(gap.arrival_ns + 50 * MS - 1) == []
    assert places(intake.release(gap.arrival_ns + 50 * MS)) == [(1, 20)]
    # Beyond the bound: it passes, and the track refuses what lies before what it holds.
    assert places(intake.push(sound(10))) == [(1, 10)]


def test_what_goes_before_one_that_has_waited_long_enough_goes_with_it() -> None:
    intake = Intake(RATE, reorder_ns=50 * MS)
    intake.push(sound(0))
    old, young = sound(40), sound(20, delay_ms=40)
    intake.push(old)
    intake.push(young)
    assert places(intake.release(old.arrival_ns + 50 * MS)) == [(1, 20), (1, 40)]


def test_a_session_that_ends_is_whole_before_the_next_begins() -> None:
    intake = Intake(RATE)
    intake.push(sound(0))
    intake.push(sound(0, session=2))
    assert places(intake.push(sound(10))) == [(1, 10)]
    assert places(intake.flush()) == [(2, 0)]


@pytest.mark.parametrize("modulus", [2**16, 2**32])
def test_a_count_that_wraps_is_carried_on(modulus: int) -> None:
    intake = Intake(RATE)
    begin = modulus - 20
    intake.push(replace(sound(0), seq=begin))
    intake.release(0)
    passed = [places(intake.push(replace(sound(10 * n), seq=(begin + 10 * n) % modulus))) for n in range(1, 5)]
    assert passed == [[(1, begin + 10 * n)] for n in range(1, 5)]


def test_a_count_that_wraps_within_a_gap_is_carried_on_by_the_time_that_passed() -> None:
    intake = Intake(RATE)
    intake.push(replace(sound(0), seq=2**16 - 100))
    intake.release(0)
    intake.push(replace(sound(300), seq=200))
    assert places(intake.release(0)) == [(1, 2**16 + 200)]


def test_a_wrap_without_a_rate_is_one_that_leaves_no_gap() -> None:
    intake = Intake(None)
    intake.push(replace(sound(0), seq=2**16 - 10))
    intake.release(0)
    assert places(intake.push(replace(sound(10), seq=0))) == [(1, 2**16)]


def test_a_device_that_counts_from_zero_again_begins_a_session_of_its_own() -> None:
    intake = Intake(RATE)
    for n in range(400):
        intake.push(sound(10 * n))
    assert intake.push(sound(0, delay_ms=4100)) == []
    assert places(intake.release(0)) == [(2, 0)]
    assert places(intake.push(sound(10, delay_ms=4100))) == [(2, 10)]
    # The next real session comes after it.
    intake.push(sound(0, session=2, delay_ms=9000))
    assert places(intake.release(0)) == [(3, 0)]


@pytest.mark.parametrize("seq", [0, 3000, 3990])
def test_a_late_reading_is_not_taken_for_a_reset(seq: int) -> None:
    intake = Intake(RATE)
    for n in range(400):
        intake.push(sound(10 * n))
    late = replace(sound(seq), arrival_ns=SECOND + 4000 * MS)
    expected = [(2, 0)] if seq == 0 else [(1, seq)]
    passed = intake.push(late) or intake.release(0)
    # Nobody is four seconds late: only the first is one that began anew.
    assert places(passed) == expected


@given(st.permutations(range(1, 12)))
def test_between_two_releases_the_order_of_arrival_does_not_matter(order: list[int]) -> None:
    intake = Intake(RATE)
    passed = intake.push(sound(0))
    for n in order:
        passed += intake.push(sound(10 * n))
    assert places(passed + intake.release(0)) == [(1, 10 * n) for n in range(12)]
