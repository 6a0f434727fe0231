import numpy as np
import pytest

from sensors.simulated.imager import Imager, ImagerError
from sensors.simulated.shutter import Shutter

SHAPE = (24, 32)
WALL_K = np.full((400, *SHAPE), 300.0)


def camera(imager: Imager) -> ImagerError:
    return ImagerError(imager, 1, SHAPE, 9.0)


def test_what_is_new_in_a_frame_and_what_stays_are_as_large_as_declared() -> None:
    kelvin = camera(Imager(noise_k=0.08, pattern_k=0.3)).counts(0, WALL_K) / 100.0
    assert kelvin.std(axis=0).mean() == pytest.approx(0.08, rel=0.05)
    assert kelvin.mean(axis=0).std() == pytest.approx(0.3, rel=0.08)
    assert kelvin.mean() == pytest.approx(300.0, abs=0.05)
    fresh = kelvin - kelvin.mean(axis=0)
    assert abs((fresh[1:] * fresh[:-1]).mean()) < 0.05 * 0.08**2


def test_a_camera_without_faults_shows_the_scene() -> None:
    assert (camera(Imager(noise_k=0.0, pattern_k=0.0)).counts(7, WALL_K[:3]) == 30_000).all()


def test_the_offset_drifts_until_a_shutter_takes_it_back() -> None:
    shutter = Shutter(period=540, frames=3)
    drifting = camera(Imager(drift_k=0.6, shutter=shutter))
    index = np.arange(4 * 540)
    mean_k = np.abs(drifting.offset_k(index)).mean(axis=(1, 2))
    open_ = ~shutter.closed(index)
    after = [one + shutter.frames for one in shutter.closings(index.size)]
    assert mean_k[[0, *after]].max() < 0.005
    before = shutter.closings(index.size) - 1
    assert mean_k[before].min() > 0.02
    assert mean_k[open_].max() < 1.0
    never = np.abs(camera(Imager(drift_k=0.6)).offset_k(index)).mean(axis=(1, 2))
    assert never.max() > 1.5 * mean_k[open_].max()


def test_pixels_drift_together_but_not_alike() -> None:
    offset_k = camera(Imager(drift_k=0.6)).offset_k(np.array([0, 1500]))
    assert (offset_k[0] == 0.0).all()
    assert offset_k[1].std() / abs(offset_k[1].mean()) == pytest.approx(0.3, rel=0.15)


def test_frames_carry_the_drift_that_is_known() -> None:
    with_, without = (camera(Imager(drift_k=d)).counts(900, WALL_K[:50]) / 100.0 for d in (0.6, 0.0))
    known_k = camera(Imager(drift_k=0.6)).offset_k(np.arange(900, 950))
    np.testing.assert_allclose(with_ - without, known_k, atol=0.011)
