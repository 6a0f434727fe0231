"""Failing sensors stay in the stream's own scale, and never in anybody else's item."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.injection import InputSpec
from models.robustness.perturbations import constant, noisy, saturated, swapped
from models.robustness.spread import spread_of
from tests.synthetic import ACOUSTIC, ENOSE, SPECS, THERMAL, raw_windows


def windows_of(spec: InputSpec, items: int, seed: int = 0) -> np.ndarray:
    return raw_windows(spec, items, seed).astype(np.float32)


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_the_spread_is_that_of_the_training_values(spec: InputSpec) -> None:
    raw = raw_windows(spec, 40)
    found = spread_of(spec, raw)
    image = spec.kind == "image"
    assert found.mean.shape == ((1, 1, 1) if image else (spec.shape[0], 1))
    values = raw.astype(np.float64).reshape(40, 1 if image else spec.shape[0], -1)
    assert found.mean.ravel() == pytest.approx(values.mean(axis=(0, 2)), rel=1e-6)
    assert found.deviation.ravel() == pytest.approx(values.std(axis=(0, 2)), rel=1e-6)
    assert found.low.ravel() == pytest.approx(values.min(axis=(0, 2)))
    assert found.high.ravel() == pytest.approx(values.max(axis=(0, 2)))


def test_channels_have_scales_of_their_own() -> None:
    raw = raw_windows(ENOSE, 40)
    raw[:, 1] *= 1000
    found = spread_of(ENOSE, raw).deviation[:, 0]
    assert found[1] > 900 * max(found[0], found[2])


def test_a_stream_that_never_moved_and_one_that_never_was_are_told_apart() -> None:
    assert (spread_of(ENOSE, np.full((3, 3, 8), 2.0, np.float32)).deviation == 1.0).all()
    with pytest.raises(ValueError, match="stream 'enose': no training window"):
        spread_of(ENOSE, np.zeros((0, 3, 8), np.float32))


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_a_stuck_sensor_says_the_same_of_every_item_at_every_moment(spec: InputSpec) -> None:
    windows = windows_of(spec, 5)
    stuck = constant(windows, spread_of(spec, raw_windows(spec, 40)))
    assert (stuck.shape, stuck.dtype) == (windows.shape, np.dtype(np.float32))
    assert np.ptp(stuck, axis=0).max() == 0
    assert np.ptp(stuck, axis=-1).max() == 0


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_a_saturated_sensor_stands_at_the_ends_of_its_range_most_of_the_time(spec: InputSpec) -> None:
    spread = spread_of(spec, raw_windows(spec, 40))
    found = saturated(windows_of(spec, 5), spread)
    assert (found >= spread.low).all()
    assert (found <= spread.high).all()
    assert ((found == spread.low) | (found == spread.high)).mean() > 0.8


def test_saturation_leaves_the_mean_where_it_is() -> None:
    spread = spread_of(THERMAL, raw_windows(THERMAL, 40))
    calm = constant(windows_of(THERMAL, 2), spread)
    assert saturated(calm, spread) == pytest.approx(calm)


@given(st.integers(2, 40), st.integers(0, 1000))
def test_nobody_keeps_its_own_window_and_none_is_lost(items: int, seed: int) -> None:
    windows = np.arange(items, dtype=np.float32)[:, None]
    found = swapped(windows, np.random.default_rng(seed))
    assert (found != windows).all()
    assert sorted(found.ravel()) == sorted(windows.ravel())


@pytest.mark.parametrize("level", [0.1, 1.0])
def test_noise_has_the_level_that_was_asked_for(level: float) -> None:
    spread = spread_of(ACOUSTIC, raw_windows(ACOUSTIC, 40))
    windows = windows_of(ACOUSTIC, 40)
    added = noisy(windows, spread, level, np.random.default_rng(1)) - windows
    assert added.std() == pytest.approx(level * float(spread.deviation.item()), rel=0.02)
    assert abs(added.mean()) < 0.05 * added.std()


def test_noise_cannot_leave_the_sample_type() -> None:
    spread = spread_of(THERMAL, raw_windows(THERMAL, 40))
    found = noisy(windows_of(THERMAL, 10), spread, 10.0, np.random.default_rng(1))
    assert (found.min(), found.max()) == (0.0, 255.0)
