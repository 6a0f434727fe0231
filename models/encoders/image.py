"""Thermal and visible frames: a small residual network on the frame's own contrast and on its absolute values."""

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.encoders.base import Augmentation, Encoder, shifted, uniform
from models.injection import InputSpec

LARGEST_MAP = 4096
"""Pixels that the network works on; a larger frame is pooled first, mean and maximum side by side so that small hot spots stay."""


def flip_horizontal(windows: Tensor) -> Tensor:
    """Left and right exchanged in half of the windows."""
    return torch.where(uniform(windows, 0, 1) < 0.5, windows.flip(-1), windows)


def flip_vertical(windows: Tensor) -> Tensor:
    """Top and bottom exchanged in half of the windows."""
    return torch.where(uniform(windows, 0, 1) < 0.5, windows.flip(-2), windows)


def shift(windows: Tensor) -> Tensor:
    """The part up to 6 % of the frame elsewhere."""
    for dim in (-1, -2):
        windows = shifted(windows, max(1, windows.shape[dim] // 16), dim)
    return windows


def noise(windows: Tensor) -> Tensor:
    """Pixel noise of 1 % of the frame's range, contrast by 10 % and offset by 5 % of it."""
    low = windows.amin(dim=(1, 2, 3), keepdim=True)
    span = windows.amax(dim=(1, 2, 3), keepdim=True) - low
    changed = low + (windows - low) * (1 + uniform(windows, -0.1, 0.1)) + span * uniform(windows, -0.05, 0.05)
    return changed + 0.01 * span * torch.randn_like(windows)


class Residual(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU()
        )
        self.second = nn.Sequential(nn.Conv2d(outside, outside, 3, 1, 1, bias=False), nn.BatchNorm2d(outside))
        self.short: nn.Module = nn.Identity()
        if inside != outside or stride != 1:
            pool = nn.AvgPool2d(2, ceil_mode=True) if stride == 2 else nn.Identity()
            self.short = nn.Sequential(pool, nn.Conv2d(inside, outside, 1, bias=False), nn.BatchNorm2d(outside))

    def forward(self, maps: Tensor) -> Tensor:
        """Shape (batch, channels, height, width)."""
        return torch.relu(self.second(self.first(maps)) + self.short(maps))


class Image(Encoder):
    """Encoder of (frames, height, width) windows."""

    augmentations: ClassVar[dict[str, Augmentation]] = {
        "flip_horizontal": flip_horizontal,
        "flip_vertical": flip_vertical,
        "shift": shift,
        "noise": noise,
    }
    offset: Tensor
    scale: Tensor

    def __init__(self, spec: InputSpec, width: int) -> None:
        super().__init__(spec, width)
        frames, height, columns = spec.shape
        self.factor = max(1, math.ceil(math.sqrt(height * columns / LARGEST_MAP)))
        self.register_buffer("offset", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))
        views = frames * (2 + (not spec.level_normalization) + (self.factor > 1))
        self.body = nn.Sequential(
            nn.Conv2d(views, 24, 3, padding=1, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            Residual(24, 32, 2),
            Residual(32, 32, 1),
            Residual(32, 64, 2),
            Residual(64, 64, 1),
            Residual(64, 128, 2),
        )
        self.out = nn.Linear(256, width)
        self.norm = nn.LayerNorm(width)

    def fit(self, windows: Tensor) -> None:
        """Mean and spread of all training pixels."""
        some = windows[:: max(1, len(windows) // 1000)]
        self.offset.copy_(some.mean())
        self.scale.copy_(some.std().clamp_min(1e-6))

    def views(self, windows: Tensor) -> Tensor:
        """The frame on the training scale, by its own mean and spread, and against its surroundings; peaks where pooled."""
        absolute = (windows - self.offset) / self.scale
        centred = absolute - absolute.mean(dim=(2, 3), keepdim=True)
        own = centred / (centred.square().mean(dim=(2, 3), keepdim=True).sqrt() + 0.02)
        peaks = []
        if self.factor > 1:
            # A small hot spot would drown in the mean of its cell.
            highest = nn.functional.max_pool2d(own, self.factor, ceil_mode=True)
            absolute, own = (nn.functional.avg_pool2d(v, self.factor, ceil_mode=True) for v in (absolute, own))
            peaks = [highest - own]
        near = nn.functional.avg_pool2d(own, 9, stride=1, padding=4, count_include_pad=False)
        seen = [own, own - near, *peaks]
        return torch.cat(seen if self.spec.level_normalization else [absolute, *seen], dim=1)

    def forward(self, windows: Tensor) -> Tensor:
        """Features, shape (batch, width)."""
        maps = self.body(self.views(windows).contiguous(memory_format=torch.channels_last))
        pooled = torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)
        features: Tensor = self.norm(self.out(pooled))
        return features
