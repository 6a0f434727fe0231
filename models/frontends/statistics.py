"""What statistics of a frame have in common: measured without training, then standardized by the training frames."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

OUTLIER = 5.0
"""Standard deviations at which a statistic is held."""


class Statistics(nn.Module, ABC):
    """A few dozen numbers that say what a frame is like, wherever it lies and whichever way.

    A convolutional network on some hundred frames learns the scenes by heart; these numbers cannot.
    """

    offset: Tensor
    scale: Tensor

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.register_buffer("offset", torch.zeros(count))
        self.register_buffer("scale", torch.ones(count))

    @abstractmethod
    def measure(self, mean: Tensor, highest: Tensor) -> Tensor:
        """Statistics before scaling.

        Args:
            mean: Mean of each cell, shape (batch, frames, height, width).
            highest: Highest value of each cell, same shape.

        Returns:
            Shape (batch, count).
        """

    def fit(self, mean: Tensor, highest: Tensor) -> None:
        """Learn the scale of each statistic from training frames."""
        values = self.measure(mean, highest)
        self.offset.copy_(values.mean(dim=0))
        self.scale.copy_(values.std(dim=0).clamp_min(1e-3) if len(values) > 1 else torch.ones_like(self.scale))

    def scaled(self, values: Tensor) -> Tensor:
        """What `measure` gave, by mean and standard deviation of the training frames."""
        return (values - self.offset) / self.scale

    def forward(self, mean: Tensor, highest: Tensor) -> Tensor:
        """Standardized statistics, shape (batch, count); far outliers are held."""
        return self.scaled(self.measure(mean, highest)).clamp(-OUTLIER, OUTLIER)


def places_of(levels: tuple[float, ...], cells: int) -> Tensor:
    """Where the levels of the sorted values stand when they are sorted from the highest down, as `topk` gives them."""
    return torch.tensor([cells - 1 - round(level * (cells - 1)) for level in levels])


def at_levels(maps: Tensor, places: Tensor) -> Tensor:
    """Sorted values of each frame at some places, shape (batch, frames, places)."""
    cells = maps.flatten(2)
    return cells.topk(cells.shape[2], dim=2).values.index_select(2, places)
