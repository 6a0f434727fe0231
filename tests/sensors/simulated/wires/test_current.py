"""A replay that takes part in the present."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sensors.conformance import CHECKS
from sensors.readings import Reading
from sensors.simulated.line import START_NS
from sensors.simulated.wires.current import SKIPPED_AT_ONCE, Current
from tests.sensors.simulated.measured import GAS, Measured
from tests.sensors.supervision.scripted import Clock


class Again(Measured):
    """Begins at its beginning whenever it is opened."""

    def open(self) -> None:
        self.index = 0
        super().open()


def next_of(driver: Current) -> Reading:
    for _ in range(10):
        if (reading := driver.read()) is not None:
            return reading
    raise AssertionError("no reading in 10 calls")


def test_what_happened_before_it_was_opened_is_passed_over_and_counted() -> None:
    clock = Clock(START_NS)
    driver = Current(Again(GAS), clock=clock)
    driver.open()
    assert [next_of(driver).seq for _ in range(3)] == [0, 1, 2]
    driver.close()
    clock.pass_s(100.0)
    driver.open()
    assert driver.read() is None
    back = next_of(driver)
    assert (back.session, back.seq, back.arrival_ns) == (1, 0, clock())
    assert driver.counters["skipped"] == 999 > SKIPPED_AT_ONCE
    assert next_of(driver).seq == 1


def test_a_session_within_the_recording_is_a_session_here() -> None:
    driver = Current(Again(GAS), clock=Clock(START_NS))
    read, sessions = driver._driver.read, iter([4, 4, 7, 7])
    driver._driver.read = lambda: replace(read(), session=next(sessions))
    driver.open()
    assert [(one.session, one.seq) for one in (next_of(driver) for _ in range(4))] == [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_is_a_driver_like_any_other(check: Callable[..., None]) -> None:
    check(lambda: Current(Again(GAS), clock=Clock(START_NS)))
