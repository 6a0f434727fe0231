"""A part is where the encoder says that the belt has carried it, or it is said why nobody knows."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.view.belt import BATCH, EXACT, Encoder, Lost, travel_ns

MS = 1_000_000


def belt(counts: list[float], *, step_ms: int = 100, session: int = 0, **options: object) -> Encoder:
    """Counts at 0, 100, 200, ... ms; half a millimetre each."""
    encoder = Encoder(mm_per_count=0.5, **options)  # type: ignore[arg-type]
    for number, count in enumerate(counts):
        encoder.push(number * step_ms * MS, session, count)
    return encoder


def test_a_constant_speed_is_a_constant_shift_and_a_sensor_before_the_trigger_sees_the_part_earlier() -> None:
    assert travel_ns(300.0, 250.0) == 1_200_000_000
    assert travel_ns(-50.0, 250.0) == -200_000_000


def test_between_two_counts_the_way_is_a_straight_line() -> None:
    encoder = belt([0, 100, 200, 400])
    # At 50 ms the part stands at 25 mm; 75 mm further is 100 mm, which is 200 counts.
    assert encoder.arrival_ns(50 * MS, 75.0) == 200 * MS
    assert encoder.arrival_ns(100 * MS, 75.0) == 225 * MS
    assert encoder.arrival_ns(225 * MS, -75.0) == 100 * MS


def test_a_part_that_has_not_arrived_is_waited_for_and_one_at_the_last_count_has() -> None:
    encoder = belt([0, 100, 200])
    assert encoder.arrival_ns(0, 100.0) == 200 * MS
    assert encoder.arrival_ns(0, 100.1) is None
    assert encoder.arrival_ns(201 * MS, 1.0) is None
    assert Encoder(mm_per_count=1.0).arrival_ns(0, 1.0) is None


def test_a_belt_may_stand_and_the_part_waits_with_it() -> None:
    encoder = belt([0, 100, 100, 100, 101, 200])
    assert encoder.arrival_ns(50 * MS, 25.0) == 100 * MS
    assert encoder.arrival_ns(50 * MS, 25.5) == 400 * MS
    # Upstream, too, the moment nearest to the trigger.
    assert encoder.arrival_ns(500 * MS, -50.0) == 300 * MS


def test_an_encoder_that_trembles_on_a_standing_belt_does_not_run_backwards() -> None:
    encoder = belt([0, 100, 99, 100, 98, 100, 200])
    assert encoder.arrival_ns(0, 75.0) == 550 * MS
    assert encoder.counters["reversed"] == 0


def test_a_belt_that_runs_backwards_is_an_error_for_the_parts_on_it_and_not_for_later_ones() -> None:
    encoder = belt([0, 100, 200, 150, 160, 170, 270])
    assert encoder.counters["reversed"] == 1
    assert encoder.arrival_ns(50 * MS, 200.0) is Lost.REVERSED
    assert encoder.arrival_ns(250 * MS, 10.0) is Lost.REVERSED
    assert encoder.arrival_ns(50 * MS, 75.0) == 200 * MS
    assert encoder.arrival_ns(350 * MS, 10.0) == 505 * MS


def test_a_belt_whose_encoder_counts_down_runs_forward_with_negative_millimetres() -> None:
    encoder = Encoder(mm_per_count=-0.5)
    for number, count in enumerate([400, 300, 200]):
        encoder.push(number * 100 * MS, 0, count)
    assert encoder.arrival_ns(0, 75.0) == 150 * MS


def test_silence_and_a_new_session_break_the_way() -> None:
    encoder = Encoder(mm_per_count=1.0, gap_ns=200 * MS)
    for time_ms, session, count in ((0, 0, 0), (100, 0, 10), (301, 0, 30), (400, 1, 0), (500, 1, 10)):
        encoder.push(time_ms * MS, session, count)
    assert encoder.arrival_ns(50 * MS, 10.0) is Lost.SILENT
    assert encoder.arrival_ns(200 * MS, 1.0) is Lost.SILENT
    assert encoder.arrival_ns(301 * MS, 1.0) is Lost.SILENT
    assert encoder.arrival_ns(450 * MS, -10.0) is Lost.SILENT
    assert encoder.arrival_ns(400 * MS, 5.0) == 450 * MS
    assert encoder.counters["silent"] == 2


def test_a_gap_exactly_as_long_as_allowed_is_believed() -> None:
    encoder = Encoder(mm_per_count=1.0, gap_ns=200 * MS)
    encoder.push(0, 0, 0)
    encoder.push(200 * MS, 0, 20)
    assert encoder.arrival_ns(0, 10.0) == 100 * MS


def test_a_trigger_before_the_first_count_and_a_place_before_it_are_unknown() -> None:
    encoder = belt([0, 100])
    assert encoder.arrival_ns(-1, 10.0) is Lost.BEFORE
    assert encoder.arrival_ns(50 * MS, -30.0) is Lost.BEFORE
    assert encoder.arrival_ns(50 * MS, -25.0) == 0


def test_counts_that_float32_cannot_tell_apart_are_not_believed() -> None:
    encoder = belt([EXACT - 10, EXACT - 1, EXACT, EXACT + 2])
    assert encoder.arrival_ns(0, 4.5) == 100 * MS
    assert encoder.arrival_ns(0, 5.0) is Lost.COARSE


def test_a_count_out_of_order_is_counted_and_changes_nothing() -> None:
    encoder = belt([0, 100])
    encoder.push(100 * MS, 0, 5000)
    encoder.push(50 * MS, 0, 5000)
    assert encoder.counters["out_of_order"] == 2
    assert encoder.arrival_ns(0, 50.0) == 100 * MS


def test_old_counts_are_let_go_and_then_unknown() -> None:
    encoder = belt([float(n) for n in range(4 * BATCH)], step_ms=1, keep_ns=BATCH * MS)
    assert encoder.arrival_ns(0, 1.0) is Lost.BEFORE
    assert encoder.arrival_ns(3 * BATCH * MS, 1.0) == (3 * BATCH + 2) * MS
    assert len(encoder._times) <= 2 * BATCH + 1


@pytest.mark.parametrize("bits", [8, 16])
@given(steps=st.lists(st.integers(0, 100), min_size=2, max_size=80))
def test_a_counter_that_begins_again_at_0_is_the_same_way(bits: int, steps: list[int]) -> None:
    whole = [sum(steps[:n]) for n in range(len(steps))]
    wrapped = belt([(count + 250) % 2**bits for count in whole], bits=bits)
    plain = belt([float(count) for count in whole])
    for trigger_ms in (0, 50, 130):
        for way in (10.0, 55.5):
            assert wrapped.arrival_ns(trigger_ms * MS, way) == plain.arrival_ns(trigger_ms * MS, way)


@given(steps=st.lists(st.integers(-4, 60), min_size=2, max_size=60), way=st.floats(-50, 50).filter(bool))
def test_what_is_known_once_stays_true_when_more_counts_come(steps: list[int], way: float) -> None:
    encoder, count, told = Encoder(mm_per_count=0.5), 0, {}
    triggers = [n * 33 * MS for n in range(20)]
    for number, step in enumerate(steps):
        count += step
        encoder.push(number * 100 * MS, 0, count)
        for trigger in triggers:
            found = encoder.arrival_ns(trigger, way)
            assert told.get(trigger, found) == found
            if found is not None:
                told[trigger] = found


@given(steps=st.lists(st.integers(1, 60), min_size=6, max_size=40))
def test_a_later_part_arrives_later_and_farther_is_later(steps: list[int]) -> None:
    encoder = belt([float(sum(steps[:n])) for n in range(len(steps))])
    for a, b in pairwise(encoder.arrival_ns(t * 37 * MS, 1.0) for t in range(12)):
        assert not (isinstance(a, int) and isinstance(b, int)) or a <= b
    for a, b in pairwise(encoder.arrival_ns(150 * MS, way) for way in (0.5, 1.0, 1.5, 2.0)):
        assert not (isinstance(a, int) and isinstance(b, int)) or a < b
