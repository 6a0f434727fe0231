import numpy as np

from sensors.simulated.line import START_NS, Pace, schedule
from sensors.simulated.parts import make_parts


def test_parts_pass_in_order_at_the_rate_with_a_pause_between_trays() -> None:
    pace = Pace(rate_hz=4.0, jitter=0.2, tray=10, pause_s=2.0, lead_s=1.0)
    times_s = np.array([p.time_ns - START_NS for p in schedule(make_parts(0, 30), 0, pace)]) / 1e9
    steps_s = np.diff(times_s)
    assert abs(times_s[0] - 1.0) <= 0.05 + 1e-9
    within_tray = np.delete(steps_s, [9, 19])
    assert within_tray.min() >= 0.15 - 1e-9
    assert within_tray.max() <= 0.35 + 1e-9
    assert (np.abs(steps_s[[9, 19]] - 2.0) <= 0.1 + 1e-9).all()


def test_no_parts_need_no_time() -> None:
    assert schedule((), 0) == ()
