"""Power spectra in two stages against numpy's transform in double precision."""

import numpy as np
import pytest
import torch

from models.frontends.fourier import Power, columns_of, hann


def wanted(sound: np.ndarray, n_fft: int, hop: int) -> np.ndarray:
    """Shape (bins, frames), float64."""
    padded = np.pad(sound, n_fft // 2)
    starts = range(0, len(padded) - n_fft + 1, hop)
    frames = np.stack([padded[start : start + n_fft] for start in starts]) * hann(n_fft)
    return (np.abs(np.fft.rfft(frames, axis=1)) ** 2).T


def bins_of(layer: Power, sound: np.ndarray) -> np.ndarray:
    """Power by bin, shape (n_fft // 2 + 1, frames)."""
    order = layer.arranged(np.eye(layer.n_fft // 2 + 1, dtype=np.float32))
    found: np.ndarray = order @ layer(torch.from_numpy(sound[None]))[0].numpy()
    return found


@pytest.mark.parametrize(
    ("n_fft", "hop"), [(32, 8), (31, 10), (45, 7), (64, 50), (64, 200), (128, 128), (512, 100), (600, 150), (1024, 256)]
)
def test_every_bin_has_its_power_whatever_the_length_and_the_hop(n_fft: int, hop: int) -> None:
    sound = np.random.default_rng(n_fft).normal(0, 0.1, 2500)
    layer, power = Power(n_fft, hop), wanted(sound, n_fft, hop)
    found = bins_of(layer, sound)
    assert found.shape == power.shape == (n_fft // 2 + 1, layer.frames(len(sound)))
    np.testing.assert_allclose(found, power, rtol=0, atol=1e-14 * power.max())


def test_every_bin_is_taken_once() -> None:
    for n_fft in (2, 31, 45, 256, 600):
        order = Power(n_fft, 16).arranged(np.eye(n_fft // 2 + 1, dtype=np.float32))
        assert (order.sum(axis=1) == 1).all()
        assert order.sum(axis=0).max() == 1


@pytest.mark.parametrize(("n_fft", "hop"), [(256, 64), (512, 100)])
def test_a_sound_in_a_batch_has_the_bits_that_it_has_alone(n_fft: int, hop: int) -> None:
    sounds = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, (3, 2048)).astype(np.float32))
    layer = Power(n_fft, hop)
    assert torch.equal(layer(sounds), torch.cat([layer(sound[None]) for sound in sounds]))


@pytest.mark.parametrize(("n_fft", "columns"), [(31, 1), (32, 4), (256, 8), (512, 16), (600, 15), (2048, 32)])
def test_there_are_about_twice_as_many_rows_as_columns(n_fft: int, columns: int) -> None:
    assert columns_of(n_fft) == columns


@pytest.mark.parametrize("n_fft", [256, 512, 1024, 2048])
def test_single_precision_is_lost_only_where_the_spectrum_is_rounded(n_fft: int) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 3210.5 * np.arange(8192) / 16000)).astype(np.float32)
    power = wanted(tone.astype(np.float64), n_fft, n_fft // 4)
    audible = power > 1e-9 * power.max()
    error = np.abs(bins_of(Power(n_fft, n_fft // 4), tone)[audible] / power[audible] - 1).max()
    # Two parts, rounded once and squared: 2 ** -24 of each, the squares and their sum as much again.
    assert error < 4 * 2**-24


def test_what_moves_a_network_to_single_precision_leaves_the_transform_in_double() -> None:
    layer = Power(64, 16).to(torch.float32)
    assert layer.first.dtype == layer.second.dtype == torch.float64
