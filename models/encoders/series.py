"""Gas arrays, temperatures, pressures: each step on its own scale, then a small perceptron beside convolutions in time."""

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.encoders.base import Augmentation, Encoder, thinned, uniform
from models.frontends.logarithm import log1p
from models.injection import InputSpec

LOG_2 = math.log(2.0)


def gain(windows: Tensor) -> Tensor:
    """A sensor that reads up to 2 % high or low."""
    return windows * (1 + uniform(windows, -0.02, 0.02))


def drift(windows: Tensor) -> Tensor:
    """A baseline that moves by up to 2 % of the reading from the first step to the last."""
    ramp = torch.linspace(-0.5, 0.5, windows.shape[-1])
    return windows * (1 + uniform(windows, -0.02, 0.02) * ramp)


def noise(windows: Tensor) -> Tensor:
    """Reading noise of 0.3 %."""
    return windows * (1 + 0.003 * torch.randn_like(windows))


class Series(Encoder):
    """Encoder of (channels, steps) windows.

    Values go through a symmetric logarithm, sign(x) log(1 + |x| / m) with m the tenth percentile of |x| of the channel:
    resistances span decades, and for values near m it is nearly linear.
    """

    augmentations: ClassVar[dict[str, Augmentation]] = {"gain": gain, "drift": drift, "noise": noise}
    small: Tensor
    offset: Tensor
    scale: Tensor

    def __init__(self, spec: InputSpec, width: int) -> None:
        super().__init__(spec, width)
        channels, steps = spec.shape
        self.register_buffer("small", torch.ones(channels, 1))
        self.register_buffer("offset", torch.zeros(channels, steps))
        self.register_buffer("scale", torch.ones(channels, steps))
        self.flat = nn.Sequential(nn.Linear(2 * channels * steps, 64), nn.ReLU(), nn.Linear(64, width))
        self.body = nn.Sequential(
            nn.Conv1d(2 * channels, 32, 3, padding=1), nn.ReLU(), nn.Conv1d(32, 32, 3, padding=1), nn.ReLU()
        )
        self.out = nn.Linear(64, width)
        self.norm = nn.LayerNorm(width)

    def compressed(self, windows: Tensor) -> Tensor:
        """Symmetric logarithm less log 2, shape as given; with level normalization less each channel's mean over the window.

        Values near m come out near 0, where single precision tells answers from each other that are far smaller than m.
        """
        near = log1p((windows.abs() - self.small) / (2.0 * self.small))
        values = torch.where(windows < 0.0, -near - 2.0 * LOG_2, near)
        return values - values.mean(dim=2, keepdim=True) if self.spec.level_normalization else values

    def fit(self, windows: Tensor) -> None:
        """Scale of each channel and step."""
        spread = windows.abs().transpose(0, 1).flatten(1)
        self.small.copy_(torch.quantile(spread[:, : 2**20], 0.1, dim=1)[:, None].clamp_min(1e-6))
        values = self.compressed(windows)
        self.offset.copy_(values.mean(dim=0))
        # A step that never moves in training must not blow up what it does later.
        floor = 0.1 * values.std().clamp_min(1e-3)
        self.scale.copy_(torch.maximum(values.std(dim=0), floor) if len(windows) > 1 else torch.ones_like(self.scale))

    def prepare(self, windows: Tensor) -> tuple[Tensor, ...]:
        """Standardized values, shape (batch, channels, steps)."""
        return ((self.compressed(windows) - self.offset) / self.scale,)

    def encode(self, prepared: tuple[Tensor, ...]) -> Tensor:
        """Features, shape (batch, width)."""
        (values,) = prepared
        both = torch.cat([values, values - values.mean(dim=2, keepdim=True)], dim=1)
        maps = self.body(both)
        pooled = torch.cat([maps.mean(dim=2), maps.amax(dim=2)], dim=1)
        features: Tensor = self.norm(self.flat(both.flatten(1)) + self.out(pooled))
        return features

    def measure(self, prepared: tuple[Tensor, ...]) -> Tensor:
        """The values themselves, neighbouring steps averaged where there are many."""
        return thinned(prepared[0]).flatten(1)
