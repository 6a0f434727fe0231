import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.simulated.shutter import Shutter

shutters = st.integers(2, 60).flatmap(
    lambda period: st.builds(Shutter, period=st.just(period), frames=st.integers(1, period - 1))
)


def test_it_closes_every_so_many_seconds_for_so_many_frames() -> None:
    shutter = Shutter.every(30.0, rate_hz=9.0, closed_s=0.35)
    index = np.arange(9 * 95)
    closed = shutter.closed(index)
    begins = np.flatnonzero(closed[1:] & ~closed[:-1]) + 1
    assert (begins / 9.0).tolist() == [30.0, 60.0, 90.0]
    assert closed.sum() == 3 * 3
    assert shutter.closings(index.size).tolist() == begins.tolist()


@given(shutters)
def test_a_closed_shutter_shows_the_last_frame_before_it_closed(shutter: Shutter) -> None:
    index = np.arange(4 * shutter.period)
    closed, shown, held = shutter.closed(index), shutter.shown(index), -1
    for n in index.tolist():
        held = held if closed[n] else n
        assert shown[n] == held


@given(shutters)
def test_the_last_correction_is_the_end_of_the_last_closing(shutter: Shutter) -> None:
    index = np.arange(4 * shutter.period)
    closed, last = shutter.closed(index), 0
    for n in index.tolist():
        if closed[n]:
            last = n
        else:
            assert shutter.corrected(index)[n] == last


@pytest.mark.parametrize(("period", "frames"), [(10, 0), (10, 10), (0, 1)])
def test_a_shutter_that_never_opens_is_refused(period: int, frames: int) -> None:
    with pytest.raises(ValueError, match=f"closed for {frames} of {period} frames; must be at least 1 and fewer"):
        Shutter(period=period, frames=frames)
