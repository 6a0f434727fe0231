"""Whoever sets the wall clock is noticed."""

import logging

import pytest

from qc_station.line.wall_clock import STEP_NS, WallClock

SECOND = 1_000_000_000
HOUR_NS = 3600 * SECOND


class Clocks:
    def __init__(self) -> None:
        self.monotonic_ns, self.ahead_ns = 7 * SECOND, 1_800_000_000 * SECOND

    def pass_by(self, elapsed_ns: int, *, stepped_ns: int = 0) -> None:
        self.monotonic_ns += elapsed_ns
        self.ahead_ns += stepped_ns

    def watch(self) -> WallClock:
        return WallClock(clock=lambda: self.monotonic_ns, wall=lambda: self.monotonic_ns + self.ahead_ns)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_wall_clock_that_is_set_by_an_hour_is_logged_and_counted_once(
    hours: int, caplog: pytest.LogCaptureFixture
) -> None:
    clocks = Clocks()
    watch = clocks.watch()
    with caplog.at_level(logging.WARNING):
        clocks.pass_by(SECOND, stepped_ns=hours * HOUR_NS)
        assert watch.look() == hours * HOUR_NS
        clocks.pass_by(SECOND)
        assert watch.look() == 0
    assert watch.steps == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"the wall clock stepped by {hours * 3600:+.1f} s; times shown to people step too, parts do not"
    ]


def test_a_wall_clock_that_is_slewed_is_not_set() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    for _ in range(2000):
        clocks.pass_by(SECOND, stepped_ns=500_000)
        assert watch.look() == 0
    assert watch.steps == 0


@pytest.mark.parametrize(("stepped_ns", "steps"), [(STEP_NS - 1, 0), (STEP_NS, 1), (-STEP_NS, 1)])
def test_half_a_second_is_a_step_and_less_is_none(stepped_ns: int, steps: int) -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.pass_by(SECOND, stepped_ns=stepped_ns)
    watch.look()
    assert watch.steps == steps
