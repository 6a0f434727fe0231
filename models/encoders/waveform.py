"""Sound, vibration, current: log-mel spectrograms at two resolutions, then a small convolutional network for each."""

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.encoders.base import Augmentation, Encoder, shifted, thinned, uniform
from models.frontends.logmel import LogMel
from models.injection import InputSpec, full_scale

LONGEST_FRAME_S = 0.064
FITTED_AT_ONCE = 64
"""Windows whose spectra are made together when scales are fitted: what lies between is many times as large."""
SILENT_LEVEL = 1e-4
"""Root mean square under which level normalization stops to amplify: -80 dB of full scale."""


def time_shift(windows: Tensor) -> Tensor:
    """The event earlier or later by up to 5 % of the window."""
    return shifted(windows, max(1, windows.shape[-1] // 20), -1)


def gain(windows: Tensor) -> Tensor:
    """Louder or softer by up to 3 dB: another distance or preamplifier."""
    return windows * 10 ** (uniform(windows, -3.0, 3.0) / 20)


def noise(windows: Tensor) -> Tensor:
    """White noise 25 to 50 dB under the window's own level."""
    level = windows.square().mean(dim=(1, 2), keepdim=True).sqrt()
    return windows + torch.randn_like(windows) * level * 10 ** (-uniform(windows, 25.0, 50.0) / 20)


class Spectrum(nn.Module):
    """One resolution: spectrogram, scaling, convolutions that keep the place on the frequency axis."""

    offset: Tensor
    scale: Tensor

    def __init__(self, spec: InputSpec, n_fft: int, bands: int, width: int) -> None:
        super().__init__()
        channels = spec.shape[0]
        rate_hz = spec.rate_hz or 0.0
        self.logmel = LogMel(rate_hz, n_fft, max(n_fft // 4, spec.shape[1] // 64), bands)
        bands = self.logmel.bands
        self.register_buffer("offset", torch.zeros(channels, bands, 1))
        self.register_buffer("scale", torch.ones(channels, bands, 1))
        self.body = nn.Sequential(
            nn.Conv2d(channels, 16, 3, stride=(2, 1), padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 24, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.Conv2d(24, 24, 3, stride=(2, 1), padding=1, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(),
        )
        self.out = nn.Linear(2 * 24 * (bands // 8), width)

    def spectrogram(self, windows: Tensor) -> Tensor:
        """Decibels, shape (batch, channels, bands, frames)."""
        batch, channels, samples = windows.shape
        flat: Tensor = self.logmel(windows.reshape(batch * channels, samples))
        return flat.reshape(batch, channels, flat.shape[-2], flat.shape[-1])

    def fit(self, windows: Tensor) -> None:
        """Mean and standard deviation of each band over items and frames."""
        starts = range(0, len(windows), FITTED_AT_ONCE)
        decibels = torch.cat([self.spectrogram(windows[at : at + FITTED_AT_ONCE]) for at in starts])
        self.offset.copy_(decibels.mean(dim=(0, 3))[:, :, None])
        self.scale.copy_(decibels.std(dim=(0, 3)).clamp_min(1.0)[:, :, None])

    def scaled(self, windows: Tensor) -> Tensor:
        """The spectrogram by mean and deviation of each band, same shape."""
        return (self.spectrogram(windows) - self.offset) / self.scale

    def forward(self, scaled: Tensor) -> Tensor:
        """Features of what `scaled` gives, shape (batch, width)."""
        maps = self.body(scaled)
        pooled = torch.cat([maps.mean(dim=3), maps.amax(dim=3)], dim=1)
        features: Tensor = self.out(pooled.flatten(1))
        return features


class Waveform(Encoder):
    """Encoder of (channels, samples) windows."""

    augmentations: ClassVar[dict[str, Augmentation]] = {"time_shift": time_shift, "gain": gain, "noise": noise}

    def __init__(self, spec: InputSpec, width: int) -> None:
        super().__init__(spec, width)
        if not spec.rate_hz:
            raise ValueError(f"stream {spec.name!r}: a waveform needs rate_hz, got {spec.rate_hz}")
        if spec.shape[1] < 64:
            raise ValueError(f"stream {spec.name!r}: window of {spec.shape[1]} samples; at least 64 are needed")
        self.full_scale = full_scale(spec.dtype)
        long = 2 ** int(math.log2(min(spec.shape[1] / 2, max(64.0, LONGEST_FRAME_S * spec.rate_hz))))
        self.fine = Spectrum(spec, long, min(128, long // 4), width)
        self.quick = Spectrum(spec, max(32, long // 4), min(64, max(8, long // 16)), width)
        self.norm = nn.LayerNorm(width)

    def level(self, windows: Tensor) -> Tensor:
        """Full scale 1.0, or the window's own root mean square 0.1 with level normalization."""
        scaled = windows / self.full_scale
        if not self.spec.level_normalization:
            return scaled
        rms = scaled.square().mean(dim=(1, 2), keepdim=True).sqrt()
        return scaled * (0.1 / rms.clamp_min(SILENT_LEVEL))

    def fit(self, windows: Tensor) -> None:
        """Scale of each mel band."""
        for part in (self.fine, self.quick):
            part.fit(self.level(windows[:4096]))

    def prepare(self, windows: Tensor) -> tuple[Tensor, ...]:
        """Scaled spectrograms at both resolutions, each of shape (batch, channels, bands, frames)."""
        levelled = self.level(windows)
        return self.fine.scaled(levelled), self.quick.scaled(levelled)

    def encode(self, prepared: tuple[Tensor, ...]) -> Tensor:
        """Features, shape (batch, width)."""
        fine, quick = prepared
        features: Tensor = self.norm(self.fine(fine) + self.quick(quick))
        return features

    def measure(self, prepared: tuple[Tensor, ...]) -> Tensor:
        """Mean and peak over time of every band, neighbouring bands averaged where there are many."""
        found = [thinned(pooled) for maps in prepared for pooled in (maps.mean(dim=3), maps.amax(dim=3))]
        return torch.cat(found, dim=2).flatten(1)
