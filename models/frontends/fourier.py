"""Power spectra of overlapping frames as a few matrix products that every runtime has.

A short transform is one strided convolution. A longer one goes in two stages (Cooley and Tukey 1965, An algorithm for
the machine calculation of complex Fourier series): n = N2 n1 + n2 and k = k1 + N1 k2 split it into N2 transforms of
length N1, a turn by exp(-2 pi i n2 k1 / N), and N1 transforms of length N2. Its sums are short, so that it rounds less,
and there are few of them.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

TWO_STAGES = 512
"""Shortest transform that is faster in two stages."""


def hann(length: int) -> NDArray[np.float64]:
    """Periodic Hann window, scaled so that a full-scale sine has power 1 in its bin, whatever the length."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    scaled: NDArray[np.float64] = window / window.sum() * 2
    return scaled


class OneStage(nn.Module):
    """Sines and cosines of every bin as one convolution."""

    basis: Tensor

    def __init__(self, n_fft: int, hop: int) -> None:
        super().__init__()
        self.hop = hop
        phase = 2 * np.pi * np.outer(np.arange(n_fft // 2 + 1), np.arange(n_fft)) / n_fft
        basis = np.concatenate([np.cos(phase), -np.sin(phase)]) * hann(n_fft)
        self.register_buffer("basis", torch.tensor(basis[:, None, :], dtype=torch.float32), persistent=False)

    def arranged(self, bank: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weights of bins, shape (bands, n_fft // 2 + 1), in the order of what `forward` gives."""
        return bank

    def forward(self, padded: Tensor) -> Tensor:
        """Power of padded sound, shape (batch, samples) to (batch, places of bins, frames)."""
        parts = nn.functional.conv1d(padded[:, None, :], self.basis, stride=self.hop)
        real, imaginary = parts.chunk(2, dim=1)
        return real * real + imaginary * imaginary


class TwoStages(nn.Module):
    """The same through transforms of about the square root of the length; for a power of 2."""

    window: Tensor
    first: Tensor
    cosine: Tensor
    sine: Tensor
    second: Tensor

    def __init__(self, n_fft: int, hop: int) -> None:
        super().__init__()
        self.n_fft, self.hop = n_fft, hop
        self.rows = 2 ** ((n_fft.bit_length() - 1) // 2)
        self.columns = n_fft // self.rows
        # Bins over half the rate mirror those under it.
        self.kept = self.columns // 2 + 1
        first = 2 * np.pi * np.outer(np.arange(self.rows), np.arange(self.rows)) / self.rows
        turn = 2 * np.pi * np.outer(np.arange(self.columns), np.arange(self.rows)) / n_fft
        second = 2 * np.pi * np.outer(np.arange(self.columns), np.arange(self.kept)) / self.columns
        cosine, sine = np.cos(second), np.sin(second)
        buffers = {
            "window": hann(n_fft),
            "first": np.concatenate([np.cos(first), -np.sin(first)], axis=1),
            "cosine": np.cos(turn),
            "sine": np.sin(turn),
            "second": np.block([[cosine, -sine], [sine, cosine]]),
        }
        for name, values in buffers.items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32), persistent=False)

    def arranged(self, bank: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weights of bins, shape (bands, n_fft // 2 + 1), in the order of what `forward` gives."""
        bins = np.arange(self.rows)[:, None] + self.rows * np.arange(self.kept)
        there = bins <= self.n_fft // 2
        found = np.zeros((len(bank), bins.size), bank.dtype)
        found[:, there.ravel()] = bank[:, bins[there]]
        return found

    def forward(self, padded: Tensor) -> Tensor:
        """Power of padded sound, shape (batch, samples) to (batch, places of bins, frames)."""
        starts = range(0, padded.shape[1] - self.n_fft + 1, self.hop)
        frames = torch.stack([padded[:, start : start + self.n_fft] for start in starts], dim=1) * self.window
        split = frames.reshape(-1, len(starts), self.rows, self.columns).transpose(2, 3)
        real, imaginary = torch.matmul(split, self.first).chunk(2, dim=3)
        turned = real * self.cosine + imaginary * self.sine, imaginary * self.cosine - real * self.sine
        real, imaginary = torch.matmul(torch.cat(turned, dim=2).transpose(2, 3), self.second).chunk(2, dim=3)
        return (real * real + imaginary * imaginary).flatten(2).transpose(1, 2)


def power_of(n_fft: int, hop: int) -> OneStage | TwoStages:
    """The faster of both; only a power of 2 goes in two stages."""
    return (TwoStages if n_fft >= TWO_STAGES and n_fft.bit_count() == 1 else OneStage)(n_fft, hop)
