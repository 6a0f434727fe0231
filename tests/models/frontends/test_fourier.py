"""Both ways to a power spectrum against numpy's transform in double precision."""

import numpy as np
import pytest
import torch

from models.frontends.fourier import OneStage, TwoStages, hann, power_of


def wanted(sound: np.ndarray, n_fft: int, hop: int) -> np.ndarray:
    """Shape (bins, frames), float64."""
    starts = range(0, len(sound) - n_fft + 1, hop)
    frames = np.stack([sound[start : start + n_fft] for start in starts]) * hann(n_fft)
    return (np.abs(np.fft.rfft(frames, axis=1)) ** 2).T


@pytest.mark.parametrize("way", [OneStage, TwoStages])
@pytest.mark.parametrize(("n_fft", "hop"), [(32, 8), (64, 50), (128, 128), (512, 100), (1024, 256)])
def test_every_bin_has_its_power_whatever_the_length_and_the_hop(
    way: type[OneStage] | type[TwoStages], n_fft: int, hop: int
) -> None:
    sound = np.random.default_rng(n_fft).normal(0, 0.1, 2500)
    layer = way(n_fft, hop)
    found = layer(torch.from_numpy(sound[None].astype(np.float32)))[0].numpy()
    power = wanted(sound, n_fft, hop)
    bins = layer.arranged(np.eye(n_fft // 2 + 1, dtype=np.float32))
    np.testing.assert_allclose(bins @ found, power, rtol=0, atol=2e-6 * power.max())
    assert (bins.sum(axis=1) == 1).all()


def test_a_batch_gives_what_its_sounds_give_alone() -> None:
    sounds = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, (3, 2048)).astype(np.float32))
    layer = TwoStages(512, 128)
    alone = torch.cat([layer(sound[None]) for sound in sounds])
    torch.testing.assert_close(layer(sounds), alone, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("n_fft", "way"), [(256, OneStage), (512, TwoStages), (600, OneStage), (2048, TwoStages)])
def test_long_transforms_of_a_power_of_two_go_in_two_stages(n_fft: int, way: type) -> None:
    assert type(power_of(n_fft, n_fft // 4)) is way


def test_two_stages_round_less_where_a_loud_tone_stands_beside_silence() -> None:
    tone = (0.5 * np.sin(2 * np.pi * 997.0 * np.arange(8192) / 16000)).astype(np.float32)
    power = wanted(tone.astype(np.float64), 1024, 256)
    quiet = (power < 1e-4 * power.max()) & (power > 1e-6 * power.max())
    errors = []
    for way in (OneStage, TwoStages):
        layer = way(1024, 256)
        found = layer.arranged(np.eye(513, dtype=np.float32)) @ layer(torch.from_numpy(tone[None]))[0].numpy()
        errors.append(float(np.abs(10 * np.log10(found[quiet] / power[quiet])).mean()))
    assert errors[1] < 0.5 * errors[0]
