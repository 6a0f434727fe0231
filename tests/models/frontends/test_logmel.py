"""The log-mel spectrogram of the graph against librosa's."""

import librosa
import numpy as np
import pytest
import torch

from models.frontends.logmel import FLOOR, LogMel

SAMPLES = 3000


def by_librosa(sound: np.ndarray, layer: LogMel, rate_hz: float) -> np.ndarray:
    """Power spectrogram and mel bank by librosa, in the scale that `LogMel` documents."""
    spectrum = librosa.stft(
        sound.astype(np.float64),
        n_fft=layer.n_fft,
        hop_length=layer.hop,
        window="hann",
        center=True,
        pad_mode="constant",
    )
    power = np.abs(spectrum) ** 2 * (2 / librosa.filters.get_window("hann", layer.n_fft).sum()) ** 2
    bank = librosa.filters.mel(sr=rate_hz, n_fft=layer.n_fft, n_mels=layer.bands, dtype=np.float64)
    return 10 * np.log10(bank / bank.sum(axis=1, keepdims=True) @ power + FLOOR)


def sounds(samples: int, rate_hz: float) -> dict[str, np.ndarray]:
    random, time = np.random.default_rng(0), np.arange(samples) / rate_hz
    return {
        "noise": random.normal(0, 0.1, samples),
        "sine": 0.5 * np.sin(2 * np.pi * rate_hz / 9 * time),
        "click": np.eye(1, samples, samples // 3)[0],
        "chirp": 0.3 * np.sin(2 * np.pi * rate_hz / 20 * time * (1 + 2 * time / time[-1])),
    }


@pytest.mark.parametrize("rate_hz", [8000.0, 44100.0])
@pytest.mark.parametrize(("n_fft", "hop", "bands"), [(256, 64, 32), (512, 100, 64), (1024, 256, 128), (2048, 512, 128)])
@pytest.mark.parametrize("name", ["noise", "sine", "click", "chirp"])
def test_equals_librosa_within_a_hundredth_of_a_decibel(
    name: str, n_fft: int, hop: int, bands: int, rate_hz: float
) -> None:
    layer, sound = LogMel(rate_hz, n_fft, hop, bands), sounds(SAMPLES, rate_hz)[name]
    ours = layer(torch.from_numpy(sound[None].astype(np.float32)))[0].numpy()
    theirs = by_librosa(sound, layer, rate_hz)
    loud = theirs > max(theirs.max() - 60, -80)
    assert ours.shape == theirs.shape == (layer.bands, layer.frames(SAMPLES))
    assert loud.sum() > 10
    assert np.abs(ours - theirs)[loud].max() < 0.01


def test_a_full_scale_sine_has_about_zero_decibels_in_its_bin() -> None:
    rate_hz = 8000.0
    layer = LogMel(rate_hz, 256, 64, 32)
    sine = torch.sin(2 * torch.pi * 32 * torch.arange(2048) / 256)[None]
    power = layer.power(sine)[0, 32]
    torch.testing.assert_close(power, torch.ones_like(power), rtol=0, atol=1e-4)


def test_silence_stands_at_the_floor_and_not_at_minus_infinity() -> None:
    decibels = LogMel(8000.0, 128, 32, 16)(torch.zeros(1, 500))
    torch.testing.assert_close(decibels, torch.full_like(decibels, -90.0))


def test_no_band_is_without_a_bin() -> None:
    for rate_hz in (8000.0, 16000.0, 44100.0, 48000.0, 96000.0):
        for n_fft in (32, 64, 256, 2048):
            assert (LogMel(rate_hz, n_fft, n_fft // 4, 128).mel.sum(dim=1) > 0).all()
