"""Order statistics of a frame and of its contrast against the surroundings at several scales."""

import torch
from torch import Tensor, nn

NEIGHBOURHOODS = (3, 7, 15, 31)
"""Side of the surroundings, in cells of the map; those that do not fit twice into the map are left out."""
RANKS = (0, 4, 19)
"""Which of the strongest contrasts are taken: the first is a single cell, the last a warm area."""
LEVELS = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
"""Places in the sorted values of the map."""


class Contrast(nn.Module):
    """A few dozen numbers that say how much stands out and how far, wherever it is and whichever way the frame lies.

    A convolutional network on some hundred frames learns the scenes by heart; these numbers cannot.
    """

    offset: Tensor
    scale: Tensor

    def __init__(self, frames: int, height: int, width: int) -> None:
        super().__init__()
        cells = height * width
        self.sides = [side for side in NEIGHBOURHOODS if 2 * side <= min(height, width)]
        self.ranks = [rank for rank in RANKS if rank < cells]
        self.places = [round(level * (cells - 1)) for level in LEVELS]
        self.count = frames * (2 * len(self.sides) * (len(self.ranks) + 1) + len(self.places))
        self.register_buffer("offset", torch.zeros(self.count))
        self.register_buffer("scale", torch.ones(self.count))

    def measure(self, mean: Tensor, highest: Tensor) -> Tensor:
        """Statistics before scaling, on a logarithmic scale: a peak of 40 deviations tells little more than one of 20.

        Args:
            mean: Mean of each cell, shape (batch, frames, height, width).
            highest: Highest value of each cell, same shape.

        Returns:
            Shape (batch, count).
        """
        found = []
        for side in self.sides:
            near = nn.functional.avg_pool2d(mean, side, stride=1, padding=side // 2, count_include_pad=False)
            for contrast in ((mean - near).flatten(2), (highest - near).flatten(2)):
                strongest = contrast.topk(self.ranks[-1] + 1, dim=2).values
                found += [strongest[:, :, self.ranks], contrast.square().mean(dim=2, keepdim=True).sqrt()]
        ordered = mean.flatten(2).sort(dim=2).values
        found.append(ordered[:, :, self.places])
        values = torch.cat([part.flatten(1) for part in found], dim=1)
        return values.sign() * values.abs().log1p()

    def fit(self, mean: Tensor, highest: Tensor) -> None:
        """Learn the scale of each statistic from training frames."""
        values = self.measure(mean, highest)
        self.offset.copy_(values.mean(dim=0))
        self.scale.copy_(values.std(dim=0).clamp_min(1e-3) if len(values) > 1 else torch.ones_like(self.scale))

    def scaled(self, values: Tensor) -> Tensor:
        """What `measure` gave, by mean and standard deviation of the training frames."""
        return (values - self.offset) / self.scale

    def forward(self, mean: Tensor, highest: Tensor) -> Tensor:
        """Standardized statistics, shape (batch, count); far outliers are held at 5 deviations."""
        return self.scaled(self.measure(mean, highest)).clamp(-5.0, 5.0)
