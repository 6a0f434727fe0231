import numpy as np
import pytest

from sensors.simulated.line import START_NS, Pace, schedule
from sensors.simulated.parts import make_parts


def times(parts: int, pace: Pace) -> np.ndarray:
    return np.array([p.time_ns - START_NS for p in schedule(make_parts(0, parts), 0, pace)]) / 1e9


def test_parts_pass_in_order_at_the_rate_with_a_pause_between_trays() -> None:
    times_s = times(30, Pace(rate_hz=4.0, jitter=0.2, tray=10, pause_s=2.0, lead_s=1.0))
    steps_s = np.diff(times_s)
    assert abs(times_s[0] - 1.0) <= 0.05 + 1e-9
    within_tray = np.delete(steps_s, [9, 19])
    assert within_tray.min() >= 0.15 - 1e-9
    assert within_tray.max() <= 0.35 + 1e-9
    assert (np.abs(steps_s[[9, 19]] - 2.0) <= 0.1 + 1e-9).all()


def test_no_parts_need_no_time() -> None:
    assert schedule((), 0) == ()


@pytest.mark.parametrize("rate_per_minute", [7.5, 90.0, 300.0])
def test_a_rate_per_minute_holds_over_the_whole_shift(rate_per_minute: float) -> None:
    times_s = times(401, Pace.per_minute(rate_per_minute, jitter=0.2))
    # 400 distances, wrong by the jitter of the two ends at most.
    assert 400 / (times_s[-1] - times_s[0]) * 60.0 == pytest.approx(rate_per_minute, rel=0.4 / 400)
    assert np.diff(times_s).min() > 0.0
    assert np.diff(times_s).max() <= 1.4 * 60.0 / rate_per_minute + 1e-9


@pytest.mark.parametrize("rate", [0.0, -1.0, float("inf"), float("nan")])
def test_a_rate_that_brings_no_parts_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=f"rate_per_minute is {rate}; must be above 0"):
        Pace.per_minute(rate)
    with pytest.raises(ValueError, match=f"rate_hz is {rate}; must be above 0"):
        Pace(rate_hz=rate)


def test_a_pace_at_which_parts_overtake_or_come_on_no_tray_is_refused() -> None:
    with pytest.raises(ValueError, match=r"jitter is 0\.5; must be from 0 to below 0\.5"):
        Pace(jitter=0.5)
    with pytest.raises(ValueError, match="tray is 0 parts; must be at least 1"):
        Pace(tray=0)
