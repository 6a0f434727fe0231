"""Thermal and visible frames: a small residual network on the frame's own contrast and on its absolute values."""

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.encoders.base import Augmentation, Encoder, shifted, uniform
from models.frontends.contrast import Contrast, surroundings
from models.frontends.statistics import OUTLIER, Statistics
from models.frontends.top_hat import TopHats
from models.injection import InputSpec

LARGEST_MAP = 4096
"""Pixels that the network works on; a larger frame is pooled first, mean and maximum side by side so that small hot spots stay."""

STEM = 16
"""Channels at full size, where a step spends most: as many as processors take at once, so that none is filled up with zeros."""

FLAT = 0.005
"""Spread, relative to that of all training pixels, under which a frame counts as flat."""
FEWEST_FRAMES = 400
"""With fewer training frames the convolutional network would learn the scenes by heart; statistics then stand alone."""
STATISTICS_NOISE, NOISE_ALONE, MOST_NOISE = 0.7, 0.4, 2.0
"""Standard deviations of noise on each statistic in training, with `FEW_FRAMES`, beside convolutions and alone, and at most:
numbers of few frames are soon known by heart."""
STATISTICS_ALONE = 0.25
"""Share of the training items whose convolutional features are left out, at most."""
FEW_FRAMES = 1000
"""With more training frames that share falls in proportion, and the noise's variance with any: so many are not learnt by heart."""
SURROUNDINGS = 9
"""Side of what a cell is compared with, in cells."""
COARSE_SIDE = 6
"""Cells along each side of the coarse picture that novelty is judged by."""


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


def zoom(windows: Tensor) -> Tensor:
    """The part up to 15 % nearer or farther, each direction by itself."""
    scale = torch.empty(len(windows), 2).uniform_(0.87, 1.15)
    transform = torch.zeros(len(windows), 2, 3)
    transform[:, 0, 0], transform[:, 1, 1] = scale[:, 0], scale[:, 1]
    grid = nn.functional.affine_grid(transform, list(windows.shape), align_corners=False)
    return nn.functional.grid_sample(windows, grid, padding_mode="border", align_corners=False)


def noise(windows: Tensor) -> Tensor:
    """Pixel noise of 2 % of the frame's own spread, contrast by up to 10 % and offset by up to 15 % of it."""
    mean = windows.mean(dim=(1, 2, 3), keepdim=True)
    spread = (windows - mean).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    changed = mean + (windows - mean) * (1 + uniform(windows, -0.1, 0.1)) + spread * uniform(windows, -0.15, 0.15)
    return changed + 0.02 * spread * torch.randn_like(windows)


def mean_of(maps: Tensor) -> Tensor:
    """Mean of each frame, shape (batch, frames, 1, 1).

    Row by row: a single sum over a hundred thousand float32 pixels differs in the fifth digit between libraries.
    """
    return maps.mean(dim=3, keepdim=True).mean(dim=2, keepdim=True)


class Halved(nn.Module):
    """Mean of two by two cells, rounded up where a side is odd, and only there: onnxruntime pools slowly with rounding."""

    def forward(self, maps: Tensor) -> Tensor:
        """Shape (batch, channels, height, width) to half of both."""
        halved: Tensor = nn.functional.avg_pool2d(maps, 2, ceil_mode=any(side % 2 for side in maps.shape[2:]))
        return halved


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
            pool = Halved() if stride == 2 else nn.Identity()
            self.short = nn.Sequential(pool, nn.Conv2d(inside, outside, 1, bias=False), nn.BatchNorm2d(outside))

    def forward(self, maps: Tensor) -> Tensor:
        """Shape (batch, channels, height, width)."""
        return torch.relu(self.second(self.first(maps)) + self.short(maps))


class Convolutions(nn.Module):
    """A stem, five residual blocks down to an eighth of the map, mean and maximum over what is left."""

    def __init__(self, views: int, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(views, STEM, 3, padding=1, bias=False),
            nn.BatchNorm2d(STEM),
            nn.ReLU(),
            Residual(STEM, 32, 2),
            Residual(32, 32, 1),
            Residual(32, 64, 2),
            Residual(64, 64, 1),
            Residual(64, 128, 2),
        )
        self.out = nn.Linear(256, width)

    def forward(self, maps: Tensor) -> Tensor:
        """Shape (batch, views, height, width) to (batch, width)."""
        maps = self.body(maps)
        features: Tensor = self.out(torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1))
        return features


class Image(Encoder):
    """Encoder of (frames, height, width) windows.

    Flips that training applies are declared symmetries: in use the features are the mean over all of them.
    """

    augmentations: ClassVar[dict[str, Augmentation]] = {
        "flip_horizontal": flip_horizontal,
        "flip_vertical": flip_vertical,
        "shift": shift,
        "zoom": zoom,
        "noise": noise,
    }
    optional = frozenset({"zoom"})
    offset: Tensor
    scale: Tensor

    def __init__(self, spec: InputSpec, width: int) -> None:
        super().__init__(spec, width)
        frames, height, columns = spec.shape
        self.factor = max(1, math.ceil(math.sqrt(height * columns / LARGEST_MAP)))
        self.flips = [d for d, f in ((-1, flip_horizontal), (-2, flip_vertical)) if f in self._chosen]
        self.register_buffer("offset", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))
        views = frames * (2 + (not spec.level_normalization) + (self.factor > 1))
        self.deep: Convolutions | None = Convolutions(views, width)
        self.few = 1.0
        """`FEW_FRAMES` over the number of training frames."""
        self.cells = frames, -(-height // self.factor), -(-columns // self.factor)
        self.statistics: Statistics = Contrast(*self.cells)
        self.ranked = nn.Linear(self.statistics.count, width)
        self.norm: nn.Module = nn.LayerNorm(width)

    @property
    def shallow(self) -> bool:
        """Without convolutions."""
        return self.deep is None

    @property
    def alone(self) -> float:
        """Share of the training items whose convolutional features are left out."""
        return STATISTICS_ALONE * min(1.0, self.few)

    @property
    def noise(self) -> float:
        """Standard deviation of the noise on each statistic in training."""
        return min(MOST_NOISE, (NOISE_ALONE if self.shallow else STATISTICS_NOISE) * math.sqrt(self.few))

    def fit(self, windows: Tensor) -> None:
        """Mean and spread of all training pixels, and of the statistics of contrast."""
        some = windows[:: 1 + len(windows) // 1000]
        mean, spread = some.mean(), some.std().clamp_min(1e-6)
        # Counts less a whole number are exact, so that a flat frame stays flat in every library.
        self.offset.copy_(mean.round() if spread > 1 else mean)
        self.scale.copy_(spread)
        self.few = FEW_FRAMES / len(windows)
        if len(windows) < FEWEST_FRAMES:
            self.lessen()
        self.statistics.fit(*self.pooled(self.own(some)))

    def lessen(self) -> None:
        """Without convolutions, and on a map that is large enough with statistics that tell a spot from its scene.

        Then without normalization, too: how far a frame's statistics lie from the common ones is half of what they say.
        """
        self.deep, self.norm = None, nn.Identity()
        if TopHats.fit_into(*self.cells[1:]):
            self.statistics = TopHats(*self.cells)
            self.ranked = nn.Linear(self.statistics.count, self.width)

    def own(self, windows: Tensor) -> Tensor:
        """The frame by its own mean and spread, same shape."""
        moved = windows - self.offset
        centred = (moved - mean_of(moved)) / self.scale
        return centred / (mean_of(centred.square()).sqrt() + FLAT)

    def pooled(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and highest value of each cell; a small hot spot would drown in the mean."""
        if self.factor == 1:
            return maps, maps
        mean = nn.functional.avg_pool2d(maps, self.factor, ceil_mode=True)
        return mean, nn.functional.max_pool2d(maps, self.factor, ceil_mode=True)

    def views(self, mean: Tensor, highest: Tensor, level: Tensor) -> Tensor:
        """What the network sees: the frame on the training scale, by its own scale, against its surroundings, its peaks."""
        seen = [mean, mean - surroundings(mean, SURROUNDINGS)]
        if self.factor > 1:
            seen.append(highest - mean)
        if not self.spec.level_normalization:
            seen.append(level)
        return torch.cat(seen, dim=1).contiguous(memory_format=torch.channels_last)

    def prepare(self, windows: Tensor) -> tuple[Tensor, ...]:
        """Own-scale maps (mean and highest of each cell), statistics, maps on the training scale, mean and highest."""
        mean, highest = self.pooled(self.own(windows))
        level = self.pooled((windows - self.offset) / self.scale)
        return mean, highest, self.statistics.scaled(self.statistics.measure(mean, highest)), *level

    def encode(self, prepared: tuple[Tensor, ...]) -> Tensor:
        """Features, shape (batch, width)."""
        mean, highest, statistics, level, _ = prepared
        statistics = statistics.clamp(-OUTLIER, OUTLIER)
        if self.training:
            count, kind = statistics.shape[1], statistics.dtype
            statistics = statistics + self.noise * self.drawn(
                lambda n: torch.randn(n, count, dtype=kind), len(statistics)
            )
        features: Tensor = self.ranked(statistics)
        if self.deep is not None:
            features = features + self.symmetric(self.deep, self.views(mean, highest, level))
        normalized: Tensor = self.norm(features)
        return normalized

    def measure(self, prepared: tuple[Tensor, ...]) -> Tensor:
        """Statistics of contrast beside a coarse picture, mean and peak of each of its cells, on the training scale.

        With level normalization the picture is on the frame's own scale.
        """
        mean, highest, statistics, level, peak = prepared
        base, top = (mean, highest) if self.spec.level_normalization else (level, peak)
        cells = [-(-side // COARSE_SIDE) for side in base.shape[2:]]
        coarse = [
            nn.functional.avg_pool2d(base, cells, ceil_mode=True),
            nn.functional.max_pool2d(top, cells, ceil_mode=True),
        ]
        return torch.cat([statistics, *(c.flatten(1) for c in coarse)], dim=1)

    def symmetric(self, deep: "Convolutions", maps: Tensor) -> Tensor:
        """Learned features: in training sometimes left out, in use the mean over the declared symmetries."""
        if self.training:
            chance = self.drawn(lambda n: torch.rand(n, 1), len(maps))
            kept: Tensor = deep(maps) * (chance >= self.alone).float()
            return kept
        turned = [maps]
        for dim in self.flips if self.averages else ():
            turned += [m.flip(dim) for m in turned]
        features: Tensor = deep(torch.cat(turned)).reshape(len(turned), -1, self.width).mean(dim=0)
        return features
