"""Log-mel spectrogram as one strided convolution and one matrix product."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from models.frontends.mel import LINEAR, hz_to_mel, mel_filters, mel_frequencies

FLOOR = 1e-9
"""Power under which a band counts as silent: -90 dB below a full-scale square wave's bin."""


class LogMel(nn.Module):
    """Short-time Fourier transform (periodic Hann window) as a convolution, then mel bands in decibels.

    The filter bank equals librosa's (Slaney scale and normalization); the parity test compares the whole with librosa.
    """

    basis: Tensor
    mel: Tensor

    def __init__(self, rate_hz: float, n_fft: int, hop: int, bands: int) -> None:
        super().__init__()
        # The mel scale is linear below 1 kHz, 200 / 3 Hz a mel: narrower bands would hold no bin there.
        most = int(hz_to_mel(rate_hz / 2) * LINEAR / (rate_hz / n_fft)) - 1
        self.n_fft, self.hop, self.bands = n_fft, hop, max(8, min(bands, most // 8 * 8))
        phase = 2 * np.pi * np.outer(np.arange(n_fft // 2 + 1), np.arange(n_fft)) / n_fft
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
        # Scaled so that a full-scale sine has power 1 in its bin, whatever n_fft.
        scaled = window / window.sum() * 2
        basis = np.concatenate([np.cos(phase) * scaled, -np.sin(phase) * scaled])[:, None, :]
        self.register_buffer("basis", torch.tensor(basis, dtype=torch.float32), persistent=False)
        mel = mel_filters(rate_hz, n_fft, self.bands)
        # A very short transform has bands between two bins; such a band takes the bin next to its centre.
        centres = mel_frequencies(self.bands + 2, rate_hz / 2)[1:-1]
        for band in np.flatnonzero(mel.sum(axis=1) == 0):
            mel[band, round(centres[band] * n_fft / rate_hz)] = 1.0
        # Rows of equal weight: a band's value is the mean power of its bins.
        rows = mel.sum(axis=1, keepdims=True)
        self.register_buffer("mel", torch.tensor(mel / np.maximum(rows, 1e-12), dtype=torch.float32), persistent=False)

    def frames(self, samples: int) -> int:
        """Number of frames that a window of so many samples gives."""
        return 1 + (samples + 2 * (self.n_fft // 2) - self.n_fft) // self.hop

    def forward(self, window: Tensor) -> Tensor:
        """Log-mel spectrogram.

        Args:
            window: Sound, full scale 1.0, shape (batch, samples), float32.

        Returns:
            Decibels relative to a full-scale sine, shape (batch, bands, frames), float32.
        """
        padded = nn.functional.pad(window[:, None, :], (self.n_fft // 2, self.n_fft // 2))
        parts = nn.functional.conv1d(padded, self.basis, stride=self.hop)
        real, imaginary = parts.chunk(2, dim=1)
        power = real * real + imaginary * imaginary
        # 1 is added to the power in units of the floor: the exporter's optimizer takes + 1e-9 for + 0 and drops it,
        # and the graph would then give -inf, and NaN for the whole part, where a stream is silent or absent.
        return 10.0 * torch.log10(torch.matmul(self.mel, power) / FLOOR + 1.0) + 10.0 * math.log10(FLOOR)
