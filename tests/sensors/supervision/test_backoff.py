"""Waits between tries."""

from hypothesis import given
from hypothesis import strategies as st

from sensors.supervision.backoff import JITTER, LONGEST_S, Backoff


@given(chance=st.floats(0, 1))
def test_waits_grow_to_a_bound_that_lets_a_sensor_be_back_within_ten_seconds(chance: float) -> None:
    backoff = Backoff(lambda: chance)
    waits = [backoff.next_s() for _ in range(100)]
    assert waits == sorted(waits)
    assert waits[0] < 0.5
    assert waits[-1] <= LONGEST_S * (1 + JITTER) < 10.0


def test_a_reading_starts_the_waits_anew() -> None:
    backoff = Backoff(lambda: 0.5)
    first = [backoff.next_s() for _ in range(6)]
    backoff.settled()
    assert [backoff.next_s() for _ in range(6)] == first


def test_two_sensors_do_not_knock_at_once() -> None:
    assert Backoff(lambda: 0.1).next_s() != Backoff(lambda: 0.9).next_s()
