"""The clock on arrivals whose true times are known; a device that counts milliseconds, in blocks of a tenth of a second."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from qc_station.align.clock import START_UNCERTAINTY_NS, STEP_NS, Clock

MS = 1_000_000
SECOND = 1000 * MS
START_NS = 2**53 + 1
"""Beyond what a float can count."""
BLOCK_NS = 100 * MS


def truth(seconds: float, *, ppm: float = 0.0, drift_ppm_hour: float = 0.0) -> tuple[list[int], list[int]]:
    """Device times of the blocks and when they truly were; a positive ppm counts too slowly."""
    device = np.arange(1, round(seconds * SECOND / BLOCK_NS) + 1) * BLOCK_NS
    rate = ppm + drift_ppm_hour * np.arange(device.size) * BLOCK_NS / (3600 * SECOND)
    true = START_NS + np.cumsum(BLOCK_NS + np.rint(BLOCK_NS * rate * 1e-6).astype(np.int64))
    return device.tolist(), true.tolist()


def delays(count: int, *, mean_ms: float = 3.0, seed: int = 0) -> list[int]:
    return np.rint(np.random.default_rng(seed).exponential(mean_ms * MS, count)).astype(np.int64).tolist()


def run(clock: Clock, device: Iterable[int], true: Iterable[int], delay: Iterable[int]) -> list[int]:
    """What the clock is off by at each block."""
    return [clock.stamp(one, when + by) - when for one, when, by in zip(device, true, delay, strict=True)]


def worst(errors: Sequence[int]) -> int:
    return max(abs(error) for error in errors)


def test_a_delayed_block_does_not_move_the_clock() -> None:
    device, true = truth(60)
    late = [0] * 600
    late[500] = 40 * MS
    assert worst(run(Clock(), device, true, late)) == 0


def test_before_there_is_a_line_an_earlier_block_corrects_the_clock() -> None:
    device, true = truth(1)
    assert run(Clock(), device, true, [40 * MS, 7 * MS, 30 * MS, *[0] * 7]) == [40 * MS, 7 * MS, 7 * MS, *[0] * 7]


def test_no_sample_is_taken_after_it_arrived() -> None:
    device, true = truth(300, ppm=80)
    by = delays(3000)
    errors = run(Clock(), device, true, by)
    assert all(error <= delay for error, delay in zip(errors, by, strict=True))


@pytest.mark.parametrize("ppm", [-200.0, -50.0, 50.0, 200.0])
def test_on_a_loaded_host_the_drift_of_a_crystal_is_followed(ppm: float) -> None:
    device, true = truth(600, ppm=ppm)
    clock = Clock()
    # 20 readings in a window of 2 s, each 3 ms late in the mean: the least late one 0.15 ms.
    assert worst(run(clock, device, true, delays(6000))[200:]) < 0.6 * MS
    assert clock.breaks == 0
    assert clock.drift_ppm == pytest.approx(-ppm, abs=5)


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_after_24_hours_at_200_ppm_the_error_is_below_a_millisecond(ppm: float) -> None:
    # One reading in five seconds, so that a day is simulated in one or two.
    count, step_ns = 24 * 720, 5 * SECOND
    device = (np.arange(1, count + 1) * step_ns).tolist()
    true = (START_NS + np.arange(1, count + 1) * (step_ns + round(5000 * ppm))).tolist()
    clock = Clock()
    errors = run(clock, device, true, delays(count, mean_ms=0.3))
    assert worst(errors[12:]) < MS
    assert clock.breaks == 0


def test_a_drift_that_drifts_is_followed() -> None:
    device, true = truth(3600, ppm=-20, drift_ppm_hour=30)
    assert worst(run(Clock(), device, true, delays(36_000, mean_ms=0.5))[200:]) < 0.2 * MS


def test_a_rate_declared_wrong_by_five_percent_is_learnt() -> None:
    device, true = truth(120, ppm=50_000)
    clock = Clock()
    errors = run(clock, device, true, delays(1200, mean_ms=0.3))
    assert worst(errors[200:]) < 0.5 * MS
    # What takes 1.05 s instead of one is counted at 1 / 1.05 of the rate.
    assert clock.drift_ppm == pytest.approx((1 / 1.05 - 1) * 1e6, rel=1e-3)


def test_a_burst_after_a_stall_of_five_seconds_moves_nothing() -> None:
    device, true = truth(120)
    by = [0] * 1200
    by[600:650] = [5 * SECOND - number * BLOCK_NS for number in range(50)]
    clock = Clock()
    assert worst(run(clock, device, true, by)) == 0
    assert clock.breaks == 0


@pytest.mark.parametrize("step_ms", [21, -21, 3600_000, -3600_000])
def test_a_step_of_the_device_is_a_break_after_three_whole_windows(step_ms: int) -> None:
    device, true = truth(120, ppm=30)
    device = [*device[:605], *(one + step_ms * MS for one in device[605:])]
    clock = Clock()
    errors = run(clock, device, true, delays(1200, mean_ms=0.2))
    assert clock.breaks == 1
    # The window of the step itself still holds blocks from before it: at most four windows of 2 s in all.
    assert worst(errors[200:605] + errors[605 + 80 :]) < 0.2 * MS


def test_a_device_that_is_set_an_hour_ahead_falls_back_to_arrival() -> None:
    device, true = truth(120)
    device = [*device[:605], *(one + 3600 * SECOND for one in device[605:])]
    by = delays(1200, mean_ms=0.2)
    assert run(Clock(), device, true, by)[605:640] == by[605:640]


def test_two_windows_that_are_off_are_no_break() -> None:
    device, true = truth(120)
    by = [0] * 1200
    # From a window's first block on, for as long as two windows last.
    by[601:641] = [50 * MS] * 40
    clock = Clock()
    assert worst(run(clock, device, true, by)) == 0
    assert clock.breaks == 0


@pytest.mark.parametrize(("off_ns", "breaks"), [(STEP_NS, 0), (STEP_NS + 1000, 1)])
def test_windows_are_off_by_more_than_three_milliseconds_or_not_at_all(off_ns: int, breaks: int) -> None:
    device, true = truth(70)
    clock = Clock()
    run(clock, device, true, [0] * 600 + [off_ns] * 100)
    assert clock.breaks == breaks


@pytest.mark.parametrize(("scatter_ms", "breaks"), [(0.0, 1), (12.0, 0)])
def test_on_a_host_that_scatters_windows_must_be_off_by_six_median_distances(scatter_ms: float, breaks: int) -> None:
    # One reading a window; evenly between 0 and 12 ms late, the median distance from the middle is 3 ms.
    device = (np.arange(1, 101) * 2 * SECOND).tolist()
    by = np.random.default_rng(0).uniform(0, scatter_ms * MS, 100).astype(int) + np.repeat([0, 6 * MS], [80, 20])
    clock = Clock()
    run(clock, device, [START_NS + one for one in device], by.tolist())
    assert clock.breaks == breaks


def test_while_it_is_not_known_whether_the_clock_stepped_the_uncertainty_says_so() -> None:
    device, true = truth(64)
    clock = Clock()
    assert clock.uncertainty_ns == START_UNCERTAINTY_NS
    run(clock, device[:600], true[:600], [0] * 600)
    assert clock.uncertainty_ns < MS
    run(clock, device[600:], true[600:], [21 * MS] * 40)
    assert clock.breaks == 0
    assert clock.uncertainty_ns == pytest.approx(21 * MS, abs=0.1 * MS)


def test_a_crystal_keeps_its_rate_over_a_break() -> None:
    device, true = truth(130, ppm=100)
    clock = Clock()
    run(clock, device, [*true[:1205], *(when + 40 * MS for when in true[1205:])], [0] * 1300)
    assert clock.breaks == 1
    assert clock.drift_ppm == pytest.approx(-100, abs=1)


def test_a_rate_that_changes_with_the_break_is_learnt_anew() -> None:
    device, true = truth(60)
    other = [true[-1] + SECOND + round(number * BLOCK_NS * 1.01) for number in range(600)]
    device = [*device, *(device[-1] + number * BLOCK_NS for number in range(1, 601))]
    clock = Clock()
    errors = run(clock, device, [*true, *other], [0] * 1200)
    assert clock.breaks >= 1
    assert worst(errors[-400:]) < 0.2 * MS


def test_a_silence_longer_than_the_line_is_bridged() -> None:
    device, true = truth(1200, ppm=60)
    clock = Clock()
    kept = [*range(1200), *range(8000, 12_000)]
    errors = run(clock, [device[n] for n in kept], [true[n] for n in kept], delays(len(kept), mean_ms=0.2))
    assert worst(errors[200:]) < MS
    assert clock.breaks == 0


@pytest.mark.parametrize("at_s", [1.5, 3.5, 5.0])
@pytest.mark.parametrize("step_ms", [500, 5000, 600_000, -5000])
def test_a_step_before_there_is_a_line_is_a_break_and_no_line_is_laid_through_it(at_s: float, step_ms: int) -> None:
    device, true = truth(20, ppm=30)
    at = round(at_s * 10)
    device = [*device[:at], *(one + step_ms * MS for one in device[at:])]
    clock = Clock()
    errors = run(clock, device, true, delays(200, mean_ms=0.2))
    # A step within the first window is seen by nobody where the count goes ahead: its least delayed block comes after it.
    assert clock.breaks == (0 if at_s == 1.5 and step_ms > 0 else 1)
    assert worst(errors[:at]) < MS
    # A step back leaves the window of the step as it was: it is seen by the first whole one after it, or the line's rule.
    seen = 0 if step_ms > 0 else 45 if at_s < 5 else 75
    assert worst(errors[at + seen :]) < MS
    assert clock.drift_ppm == pytest.approx(-30, abs=60)


def test_a_restart_forgets_everything_but_the_breaks() -> None:
    device, true = truth(30)
    clock = Clock()
    run(clock, device, true, [0] * 300)
    clock.restart()
    assert clock.stamp(5, START_NS) == START_NS
    assert (clock.breaks, clock.drift_ppm) == (0, None)
