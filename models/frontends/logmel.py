"""Log-mel spectrogram as layers."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from models.frontends.fourier import Power
from models.frontends.mel import LINEAR, hz_to_mel, mel_filters, mel_frequencies

FLOOR = 1e-9
"""Power under which a band counts as silent: -90 dB below a full-scale square wave's bin."""


class LogMel(nn.Module):
    """Short-time Fourier transform (periodic Hann window), then mel bands in decibels.

    The filter bank has the shape of librosa's (Slaney, Auditory Toolbox, 1998), every band scaled to the mean of its
    bins; a parity test compares the whole with librosa.
    """

    mel: Tensor
    bank: Tensor

    def __init__(self, rate_hz: float, n_fft: int, hop: int, bands: int) -> None:
        super().__init__()
        # The mel scale is linear below 1 kHz, 200 / 3 Hz a mel: narrower bands would hold no bin there.
        most = int(hz_to_mel(rate_hz / 2) * LINEAR / (rate_hz / n_fft)) - 1
        self.n_fft, self.hop, self.bands = n_fft, hop, max(8, min(bands, most // 8 * 8))
        self.power = Power(n_fft, hop)
        mel = mel_filters(rate_hz, n_fft, self.bands)
        # A very short transform has bands between two bins; such a band takes the bin next to its centre.
        centres = mel_frequencies(self.bands + 2, rate_hz / 2)[1:-1]
        for band in np.flatnonzero(mel.sum(axis=1) == 0):
            mel[band, round(centres[band] * n_fft / rate_hz)] = 1.0
        # Rows of equal weight: a band's value is the mean power of its bins.
        rows = mel.sum(axis=1, keepdims=True)
        mel /= np.maximum(rows, 1e-12)
        self.register_buffer("mel", torch.tensor(mel, dtype=torch.float32), persistent=False)
        self.register_buffer("bank", torch.tensor(self.power.arranged(mel), dtype=torch.float32), persistent=False)
        # One for each band: the exporter's optimizer takes a single 1e-9 for 0 and drops it, and the graph would then
        # give -inf, and NaN for the whole part, where a stream is silent or absent. No buffer, as in `Power`.
        self.floor = torch.full((self.bands, 1), FLOOR, dtype=torch.float64)
        # The exporter rounds a plain number to single precision.
        self.decibels = torch.tensor([10 / math.log(10)], dtype=torch.float64)

    def frames(self, samples: int) -> int:
        """Number of frames that a window of so many samples gives."""
        return self.power.frames(samples)

    def forward(self, window: Tensor) -> Tensor:
        """Log-mel spectrogram.

        Args:
            window: Sound, full scale 1.0, shape (batch, samples), float32.

        Returns:
            Decibels relative to a full-scale sine, shape (batch, bands, frames), float32.
        """
        heard = torch.matmul(self.bank, self.power(window)).double()
        # Libraries round a logarithm in single precision differently; of this one silence is the floor to the bit.
        logarithm = torch.log(heard + self.floor.to(window.device))
        return (self.decibels.to(window.device) * logarithm).to(window.dtype)
