"""Power spectra of overlapping frames as two matrix products that every runtime has, in double precision.

The transform goes in two stages (Cooley and Tukey 1965, An algorithm for the machine calculation of complex Fourier
series, doi:10.1090/S0025-5718-1965-0178586-1). With N = rows * columns, n = columns n1 + n2 and k = k1 + rows k2,

    X[k] = sum over n2 of e(n2 k2 / columns) * (sum over n1 of e(n1 k1 / rows + n2 k1 / N) w[n] x[n]),  e(t) = exp(-2 pi i t):

`columns` small real products, which hold window and turn as well, then one complex product. A real sound has
X[N - k] = conj X[k], so that k1 up to rows / 2 is enough: the bins that are missing mirror those that are there.

Why double: beside a loud tone the bins 60 dB under it hold what is left when numbers a thousand times as large cancel.
In single precision every way that was tried (one to four stages of radix 4 to 64, the window before the first or in it,
even and odd parts folded, sums in blocks) rounds more than twice as much there as librosa at one length or another: numpy
computes librosa's transform in double precision and rounds what comes out, as is done here.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def hann(length: int) -> NDArray[np.float64]:
    """Periodic Hann window, scaled so that a full-scale sine has power 1 in its bin, whatever the length."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    scaled: NDArray[np.float64] = window / window.sum() * 2
    return scaled


def columns_of(n_fft: int) -> int:
    """Into how many short transforms a long one is split.

    A frame costs N (rows + 2 columns) products and a few: least where there are twice as many rows as columns.
    """
    return max(c for c in range(1, math.isqrt(max(2, n_fft) // 2) + 1) if n_fft % c == 0)


def first_stage(rows: int, columns: int) -> NDArray[np.float64]:
    """Window, transform over the rows and turn, shape (columns, 2 (rows // 2 + 1), rows): real parts, then imaginary ones."""
    n1, k1, n2 = np.arange(rows), np.arange(rows // 2 + 1)[:, None], np.arange(columns)[:, None, None]
    # Whole numbers modulo N: a large phase would lose digits.
    phase = -2j * np.pi * ((n1 * columns + n2) * k1 % (rows * columns)) / (rows * columns)
    window = hann(rows * columns).reshape(rows, columns).T[:, None, :]
    turned = np.exp(phase) * window
    return np.concatenate([turned.real, turned.imag], axis=1)


def second_stage(columns: int) -> NDArray[np.float64]:
    """Complex transform over the columns as a real matrix, shape (2 columns, 2 columns).

    From (n2, real or imaginary) to (real or imaginary, k2).
    """
    turn = np.exp(-2j * np.pi * (np.outer(np.arange(columns), np.arange(columns)) % columns) / columns)
    stage = np.stack([np.stack([turn.real, -turn.imag], axis=2), np.stack([turn.imag, turn.real], axis=2)])
    return stage.reshape(2 * columns, 2 * columns)


class Power(nn.Module):
    """Power of every bin of frames that are centred on every `hop`-th sample, silence outside, as librosa's are."""

    def __init__(self, n_fft: int, hop: int) -> None:
        super().__init__()
        self.n_fft, self.hop = n_fft, hop
        self.columns = columns_of(n_fft)
        self.rows = n_fft // self.columns
        # No buffers: what moves a network to float32 would take the precision away that they are there for.
        self.first = torch.from_numpy(first_stage(self.rows, self.columns))
        self.second = torch.from_numpy(second_stage(self.columns))

    def frames(self, samples: int) -> int:
        """Number of frames of so many samples."""
        return 1 + (samples + 2 * (self.n_fft // 2) - self.n_fft) // self.hop

    def arranged(self, bank: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weights of bins, shape (bands, n_fft // 2 + 1), in the order of what `forward` gives."""
        bins = np.arange(self.rows // 2 + 1) + self.rows * np.arange(self.columns)[:, None]
        # The first place of every bin, itself or mirrored; its twin, if there is one, counts nothing.
        found, places = np.unique(np.minimum(bins, self.n_fft - bins), return_index=True)
        weights = np.zeros((len(bank), bins.size), bank.dtype)
        weights[:, places] = bank[:, found]
        return weights

    def split(self, sound: Tensor) -> Tensor:
        """Every `columns`-th sample of each frame: (batch, samples) to (columns, batch * frames, rows).

        Frames that overlap share blocks of one hop.
        """
        frames, pieces = self.frames(sound.shape[1]), -(-self.n_fft // self.hop)
        blocks, before = frames + pieces - 1, self.n_fft // 2
        padded = nn.functional.pad(sound, (before, max(0, blocks * self.hop - before - sound.shape[1])))
        cut = padded[:, : blocks * self.hop].reshape(-1, blocks, self.hop)
        chosen = [frame + piece for frame in range(frames) for piece in range(pieces)]
        framed = cut.index_select(1, torch.tensor(chosen, device=sound.device)).reshape(-1, pieces * self.hop)
        return framed[:, : self.n_fft].reshape(-1, self.columns).t().reshape(self.columns, -1, self.rows)

    def forward(self, sound: Tensor) -> Tensor:
        """Power of sound, shape (batch, samples) to (batch, places of bins, frames), in the sound's dtype."""
        first, second = self.first.to(sound.device), self.second.to(sound.device)
        split = self.split(sound).to(first.dtype)
        turned = torch.matmul(first, split.transpose(1, 2)).reshape(2 * self.columns, -1)
        spectrum = torch.matmul(second, turned).to(sound.dtype)
        square = spectrum * spectrum
        power = square[: self.columns] + square[self.columns :]
        places = self.columns * (self.rows // 2 + 1)
        return power.reshape(places, -1, self.frames(sound.shape[1])).transpose(0, 1)
