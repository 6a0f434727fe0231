"""The waveform encoder: level, full scale, and what it refuses."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.encoders.waveform import Waveform
from models.injection import InputSpec, full_scale
from tests.synthetic import ACOUSTIC, raw_windows


def fitted(spec: InputSpec) -> Waveform:
    torch.manual_seed(0)
    encoder = Waveform(spec, 6).eval()
    with torch.no_grad():
        encoder.fit(torch.from_numpy(raw_windows(ACOUSTIC, 20).astype(np.float32)))
    return encoder


def windows() -> torch.Tensor:
    return torch.from_numpy(raw_windows(ACOUSTIC, 4).astype(np.float32))


@pytest.mark.parametrize("gain_db", [-30.0, -6.0, 6.0])
def test_level_normalization_makes_features_independent_of_gain(gain_db: float) -> None:
    encoder = fitted(replace(ACOUSTIC, level_normalization=True))
    changed = encoder(windows() * 10 ** (gain_db / 20))
    torch.testing.assert_close(changed, encoder(windows()), rtol=0, atol=1e-4)


def test_without_level_normalization_gain_is_seen() -> None:
    encoder = fitted(ACOUSTIC)
    assert (encoder(windows() * 0.1) - encoder(windows())).abs().max() > 0.1


def test_silence_is_not_amplified_into_noise() -> None:
    encoder = fitted(replace(ACOUSTIC, level_normalization=True))
    assert encoder.level(torch.zeros(1, 1, 256)).abs().max() == 0
    quiet = torch.full((1, 1, 256), 1e-3 * 32768 * 1e-4)
    assert encoder.level(quiet).abs().max() < 0.01


@pytest.mark.parametrize(("dtype", "scale"), [("int16", 2**15), ("int32", 2**31), ("float32", 1.0), ("uint8", 1.0)])
def test_full_scale_is_that_of_the_dtype(dtype: str, scale: float) -> None:
    assert full_scale(dtype) == scale


def test_16_bit_and_float_recordings_of_one_sound_give_the_same_features() -> None:
    whole, fraction = fitted(ACOUSTIC), Waveform(replace(ACOUSTIC, dtype="float32"), 6).eval()
    fraction.load_state_dict(whole.state_dict())
    torch.testing.assert_close(fraction(windows() / 32768), whole(windows()), rtol=0, atol=1e-5)


def test_two_channels_are_encoded() -> None:
    spec = InputSpec(name="s", kind="waveform", shape=(2, 512), rate_hz=8000.0)
    assert Waveform(spec, 6)(torch.randn(3, 2, 512)).shape == (3, 6)


@pytest.mark.parametrize("rate", [None, 0.0])
def test_a_waveform_without_rate_is_refused(rate: float | None) -> None:
    with pytest.raises(ValueError, match="stream 'acoustic': a waveform needs rate_hz, got"):
        Waveform(replace(ACOUSTIC, rate_hz=rate), 6)


def test_a_window_that_is_too_short_is_refused_with_the_least() -> None:
    with pytest.raises(ValueError, match="window of 63 samples; at least 64 are needed"):
        Waveform(replace(ACOUSTIC, shape=(1, 63)), 6)


@pytest.mark.parametrize("rate_hz", [1.0, 200.0, 4000.0, 48000.0, 192000.0])
@pytest.mark.parametrize("samples", [64, 100, 1000])
def test_every_rate_and_length_builds_without_a_warning(rate_hz: float, samples: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder = Waveform(replace(ACOUSTIC, rate_hz=rate_hz, shape=(1, samples)), 6)
    assert encoder(torch.randn(2, 1, samples) * 1000).isfinite().all()
