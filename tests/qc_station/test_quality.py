"""A window's quality falls with what is missing, with the flags of its readings and with its noise, and with nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qc_station.quality import FACTORS, picture_clarity, series_clarity, sound_clarity, window_quality
from sensors.readings import Quality

RANDOM = np.random.default_rng(3)
TIME = np.arange(8000) / 8000
HUM = np.sin(2 * np.pi * 440 * TIME)[None]
KNOCK = (np.exp(-TIME * 60) * np.sin(2 * np.pi * 1700 * TIME))[None]
NOISE = RANDOM.standard_normal((1, 8000))
ROWS, COLUMNS = np.mgrid[0:60, 0:80]
SCENE = (np.exp(-((ROWS - 30.0) ** 2 + (COLUMNS - 40.0) ** 2) / 200) + 0.01 * ROWS)[None]


@pytest.mark.parametrize("sound", [HUM, KNOCK], ids=["hum", "knock"])
@pytest.mark.parametrize("decibels", [-10, 0, 10, 20])
def test_a_sound_is_as_clear_as_its_share_of_the_power(sound: np.ndarray, decibels: int) -> None:
    signal = sound / np.sqrt((sound**2).mean())
    found = sound_clarity(signal * 10 ** (decibels / 20) + NOISE)
    ratio = 10 ** (decibels / 10)
    assert found == pytest.approx(ratio / (1 + ratio), abs=0.04)


def test_noise_silence_and_a_dead_channel_beside_a_live_one() -> None:
    assert sound_clarity(NOISE) < 0.03
    assert sound_clarity(np.zeros((1, 4000))) == 0
    assert sound_clarity(np.concatenate([np.zeros((1, 8000)), KNOCK])) == sound_clarity(KNOCK) > 0.99


@pytest.mark.parametrize("deviation", [0.01, 0.05, 0.2])
def test_a_pictures_noise_is_found_beside_its_scene(deviation: float) -> None:
    noise = deviation**2
    found = picture_clarity(SCENE + deviation * RANDOM.standard_normal(SCENE.shape))
    assert found == pytest.approx(SCENE.var() / (SCENE.var() + noise), abs=0.03)


def test_a_plain_wall_shows_nothing_and_a_tiny_picture_is_not_judged() -> None:
    assert picture_clarity(np.full((1, 20, 20), 7.0)) == 0
    assert picture_clarity(np.zeros((1, 2, 9))) == 1


def test_a_steady_level_is_signal_and_its_flutter_is_noise() -> None:
    assert series_clarity(np.full((2, 20), 5.0)) == 1
    flutter = np.ones((1, 4000)) + RANDOM.standard_normal((1, 4000))
    assert series_clarity(flutter) == pytest.approx(0.5, abs=0.04)
    assert series_clarity(np.full((1, 2), 5.0)) == 1


@given(arrays.arrays(np.int16, st.tuples(st.integers(1, 2), st.integers(1, 900))), st.floats(1e-2, 1e3))
def test_clarity_lies_within_its_range_and_does_not_know_the_gain(data: np.ndarray, gain: float) -> None:
    sound = data.astype(np.float64)
    found = sound_clarity(sound)
    assert 0 <= found <= 1
    assert sound_clarity(sound * gain) == pytest.approx(found, abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "data"), [("waveform", HUM), ("image", np.repeat(SCENE, 4, 0)), ("series", HUM[:, :40])]
)
def test_half_a_window_has_half_the_quality(kind: str, data: np.ndarray) -> None:
    length = len(data) if kind == "image" else data.shape[1]
    whole = window_quality(kind, data, 0, Quality.OK)
    assert whole > 0.9
    assert window_quality(kind, data, length // 2, Quality.OK) == pytest.approx(whole / 2)
    assert window_quality(kind, data, length, Quality.OK) == 0


def test_every_flag_takes_its_share_and_a_gap_before_takes_none() -> None:
    whole = window_quality("waveform", HUM, 0, Quality.OK)
    assert window_quality("waveform", HUM, 0, Quality.GAP_BEFORE) == whole
    for flag, factor in FACTORS.items():
        assert window_quality("waveform", HUM, 0, flag) == pytest.approx(whole * factor)
    both = Quality.SATURATED | Quality.WARMING
    assert window_quality("waveform", HUM, 0, both) == pytest.approx(whole / 4)


def test_the_offset_of_a_microphone_is_no_sound() -> None:
    assert sound_clarity(NOISE + 50) == pytest.approx(sound_clarity(NOISE), abs=1e-9)


def test_a_window_in_which_nothing_stands_out_counts_half() -> None:
    assert window_quality("waveform", np.zeros((1, 900), np.int16), 0, Quality.OK) == 0.5


def test_a_kind_of_its_own_is_judged_by_coverage_and_flags_alone() -> None:
    assert window_quality("radar", np.zeros((1, 10)), 5, Quality.SATURATED) == 0.25
