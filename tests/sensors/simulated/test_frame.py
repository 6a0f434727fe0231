from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.frozen import Frozen
from sensors.simulated.climate import Climate
from sensors.simulated.conditions import Conditions
from sensors.simulated.frame import AMBIENT_K, LEAST_BELT_PX_S, ThermalCamera
from sensors.simulated.imager import Imager
from sensors.simulated.line import Pace, schedule
from sensors.simulated.parts import make_parts
from sensors.simulated.shutter import Shutter
from tests.sensors.simulated.scene import GOOD, passing, samples, times

STEADY = Climate(temperature_swing_k=0.0, humidity_swing_percent=0.0)
CLEAR = Conditions(imager=Imager(noise_k=0.0, pattern_k=0.0), climate=STEADY)


def hotter(severity: float) -> NDArray[np.float64]:
    """What an overheated part adds to each frame, in kelvins."""
    hot = samples("thermal", replace(GOOD, defect="overheat", severity=severity), conditions=CLEAR).astype(float)
    return np.asarray(hot - samples("thermal", GOOD, conditions=CLEAR)) / 100.0


def test_a_hot_spot_grows_hotter_and_wider_with_severity() -> None:
    mild, severe = hotter(0.3)[9], hotter(1.0)[9]
    assert 1.0 < mild.max() < severe.max() < 12.0
    assert (mild > mild.max() / 2.0).sum() < (severe > severe.max() / 2.0).sum()


def test_a_hot_spot_spreads_while_the_part_moves_on() -> None:
    def spread(frame: NDArray[np.float64]) -> float:
        down = np.arange(24)[:, None]
        middle = (frame * down).sum() / frame.sum()
        return float((frame * (down - middle) ** 2).sum() / frame.sum())

    # A mild spot is narrow enough to lie on the part as a whole; the emissivity scales it and does not widen it.
    frames = hotter(0.3)
    assert frames[9].max() > frames[11].max()
    assert spread(frames[11]) - spread(frames[8]) == pytest.approx(2.0 * 0.6 * 3.0 / 9.0, rel=0.25)


def test_a_part_crosses_the_frame_with_the_belt_and_cools() -> None:
    frames = samples("thermal", GOOD, conditions=CLEAR).astype(float) / 100.0
    warm = frames - np.median(frames[0])
    columns = [float((one * np.arange(32)).sum() / one.sum()) for one in warm[8:11]]
    assert np.diff(columns) == pytest.approx([LEAST_BELT_PX_S / 9.0] * 2, rel=0.1)
    assert columns[1] == pytest.approx(15.5, abs=1.0)
    totals = [float(one.sum()) for one in warm[8:11]]
    assert totals[2] / totals[0] == pytest.approx(np.exp(-(2.0 / 9.0) / 25.0), rel=5e-4)


def test_an_empty_belt_is_at_the_temperature_of_the_room() -> None:
    camera = ThermalCamera(passing(GOOD, at_s=100.0), 3)
    times_s = times("thermal", 20.0)
    kelvin = camera.samples(0, times_s) / 100.0
    assert abs(np.median(kelvin) - AMBIENT_K) < 2.0
    known_k = 273.15 + camera.room.temperature_celsius(times_s)
    np.testing.assert_allclose(np.median(kelvin, axis=(1, 2)) - known_k, 0.0, atol=0.05)


def test_exactly_the_frames_of_a_closed_shutter_are_seen_to_repeat() -> None:
    shutter = Shutter(period=30, frames=4)
    passings = schedule(make_parts(1, 12), 1, Pace(lead_s=0.5))
    frames = ThermalCamera(passings, 1, Imager(drift_k=0.3, shutter=shutter)).samples(0, times("thermal", 12.0))
    frozen = Frozen()
    repeated = [frozen.repeats(one) for one in frames]
    assert repeated == shutter.closed(np.arange(len(frames))).tolist()
    assert sum(repeated) == 3 * 4


@pytest.mark.parametrize("first", [30, 31, 32, 33, 62])
def test_a_call_that_begins_behind_a_closed_shutter_shows_the_frame_from_before(first: int) -> None:
    passings, imager = schedule(make_parts(1, 20), 1, Pace(lead_s=0.5)), Imager(shutter=Shutter(period=30, frames=4))
    times_s = times("thermal", 10.0)
    whole = ThermalCamera(passings, 1, imager).samples(0, times_s)
    held = 29 if first < 40 else 59
    for count in (1, 9):
        call = ThermalCamera(passings, 1, imager).samples(first, times_s[first : first + count])
        np.testing.assert_array_equal(call, whole[first : first + count])
        np.testing.assert_array_equal(call[0], whole[held])


def test_no_frame_repeats_without_a_shutter() -> None:
    frozen = Frozen()
    assert not any(frozen.repeats(one) for one in samples("thermal", GOOD, 6.0))


@pytest.mark.parametrize("rate_per_minute", [60.0, 120.0, 300.0])
def test_the_belt_is_fast_enough_for_the_parts(rate_per_minute: float) -> None:
    passings = schedule(make_parts(1, 20), 1, Pace.per_minute(rate_per_minute))
    camera = ThermalCamera(passings, 1)
    closest_s = np.diff([one.time_ns for one in passings]).min() / 1e9
    assert camera.belt_px_s >= LEAST_BELT_PX_S
    assert camera.belt_px_s * closest_s > 2 * 7.4 + 1.0


def test_two_parts_in_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two parts pass within 0 s; each must pass after"):
        ThermalCamera([*passing(GOOD), *passing(GOOD)], 1)
