"""Simple features see what they should and forget what they should."""

from itertools import pairwise

import numpy as np
import pytest

from models.injection import InputSpec
from models.simple_features import BLOCK, simple_features

SOUND = InputSpec(name="s", kind="waveform", shape=(2, 1024), rate_hz=8000.0, dtype="int16")
FRAME = InputSpec(name="f", kind="image", shape=(2, 30, 41), dtype="uint16")
GAS = InputSpec(name="g", kind="series", shape=(3, 7))


@pytest.mark.parametrize(("spec", "width"), [(SOUND, 128), (FRAME, 154), (GAS, 21)])
def test_features_are_finite_and_do_not_depend_on_their_company(spec: InputSpec, width: int) -> None:
    random = np.random.default_rng(0)
    windows = random.integers(0, 3000, (BLOCK + 3, *spec.shape)).astype(spec.dtype)
    windows[1] = 0
    found = simple_features(spec, windows)
    assert found.shape == (BLOCK + 3, width)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(simple_features(spec, windows[BLOCK:]), found[BLOCK:], rtol=1e-12)
    assert simple_features(spec, windows[:0]).shape == (0, width)


def test_a_tone_stands_in_its_band_and_twice_the_level_is_the_same_step_in_all() -> None:
    tone = 8000 * np.sin(2 * np.pi * 2000 * np.arange(1024) / 8000)
    windows = np.stack([np.stack([tone, 0 * tone]), np.stack([2 * tone, 0 * tone])]).astype(np.int16)
    one, two = simple_features(SOUND, windows)
    # 2 kHz is the middle of 0 to 4 kHz.
    assert one[:64].argmax() in (31, 32)
    assert two[one.argmax()] - one[one.argmax()] == pytest.approx(2 * np.log(2), abs=1e-3)
    assert np.ptp(one[64:]) == 0


def test_integer_and_float_sound_have_the_same_features() -> None:
    counts = np.random.default_rng(1).integers(-9000, 9000, (2, 2, 1024)).astype(np.int16)
    plain = InputSpec(name="s", kind="waveform", shape=(2, 1024), rate_hz=8000.0)
    np.testing.assert_allclose(
        simple_features(plain, (counts / 32768).astype(np.float32)), simple_features(SOUND, counts)
    )


def test_a_hot_spot_moves_the_cells_and_not_the_sorted_pixels() -> None:
    frames = np.full((2, 2, 30, 41), 100, np.uint16)
    frames[0, :, 3:6, 4:7] = frames[1, :, 20:23, 30:33] = 900
    one, two = simple_features(FRAME, frames)
    assert not np.allclose(one[:144], two[:144])
    assert one[144:].tolist() == two[144:].tolist()
    assert (one[144], one[-1]) == (100, 900)


def test_cells_are_means_of_nearly_equal_pieces() -> None:
    row = InputSpec(name="f", kind="image", shape=(1, 12, 25), dtype="float32")
    frame = np.tile(np.arange(25.0), (1, 1, 12, 1)).astype(np.float32)
    cells = simple_features(row, frame)[0, :144].reshape(12, 12)
    edges = [n * 25 // 12 for n in range(13)]
    assert cells[5].tolist() == [np.arange(a, b).mean() for a, b in pairwise(edges)]


def test_a_kind_of_its_own_is_one_long_channel() -> None:
    radar = InputSpec(name="r", kind="radar", shape=(2, 3, 4, 5))
    found = simple_features(radar, np.ones((3, 2, 3, 4, 5), np.float32))
    assert found.shape == (3, 32)
    np.testing.assert_allclose(found, np.log(2))


def test_a_series_keeps_the_sign_of_its_levels() -> None:
    found = simple_features(GAS, np.tile(np.array([[-1.0], [0.0], [np.e - 1]]), (1, 1, 7)).astype(np.float32))
    assert found[0, [0, 7, 14]] == pytest.approx([-np.log(2), 0, 1])
