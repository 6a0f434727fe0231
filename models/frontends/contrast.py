"""Order statistics of a frame and of its contrast against the surroundings at several scales."""

import torch
from torch import Tensor, nn

from models.frontends.logarithm import log1p
from models.frontends.statistics import Statistics, at_levels, places_of

NEIGHBOURHOODS = (3, 7, 15, 31)
"""Side of the surroundings, in cells of the map; those that do not fit twice into the map are left out."""
RANKS = (0, 4, 19)
"""Which of the strongest contrasts are taken: the first is a single cell, the last a warm area."""
LEVELS = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
"""Places in the sorted values of the map."""
ONE_PASS = 9
"""Largest side of surroundings that one pass averages; of larger ones rows and columns in turn cost a fifth."""


def surroundings(maps: Tensor, side: int) -> Tensor:
    """Mean over the square of cells around each cell, as far as it lies on the map.

    Args:
        maps: Shape (batch, frames, height, width).
        side: Of the square, in cells, odd.

    Returns:
        Same shape.
    """
    kernels = [(side, side)] if side <= ONE_PASS else [(1, side), (side, 1)]
    for rows, columns in kernels:
        reach = (rows // 2, columns // 2)
        maps = nn.functional.avg_pool2d(maps, (rows, columns), stride=1, padding=reach, count_include_pad=False)
    return maps


class Contrast(Statistics):
    """How much stands out of its surroundings and how far, and the sorted values of the frame."""

    ranks: Tensor
    places: Tensor

    def __init__(self, frames: int, height: int, width: int) -> None:
        cells = height * width
        ranks = [rank for rank in RANKS if rank < cells]
        self.sides = [side for side in NEIGHBOURHOODS if 2 * side <= min(height, width)]
        self.strongest = ranks[-1] + 1
        super().__init__(frames * (2 * len(self.sides) * (len(ranks) + 1) + len(LEVELS)))
        self.register_buffer("ranks", torch.tensor(ranks), persistent=False)
        self.register_buffer("places", places_of(LEVELS, cells), persistent=False)

    def measure(self, mean: Tensor, highest: Tensor) -> Tensor:
        """On a logarithmic scale: a peak of 40 deviations tells little more than one of 20. Shape (batch, count)."""
        found = []
        for side in self.sides:
            near = surroundings(mean, side)
            of_mean = self._standing_out(mean - near)
            # Both are one where the map was not pooled.
            found += [*of_mean, *(of_mean if highest is mean else self._standing_out(highest - near))]
        found.append(at_levels(mean, self.places))
        values = torch.cat([part.flatten(1) for part in found], dim=1)
        return values.sign() * log1p(values.abs())

    def _standing_out(self, contrast: Tensor) -> tuple[Tensor, Tensor]:
        """The strongest ranks and the spread, shapes (batch, frames, ranks) and (batch, frames, 1)."""
        cells = contrast.flatten(2)
        strongest = cells.topk(self.strongest, dim=2).values.index_select(2, self.ranks)
        return strongest, cells.square().mean(dim=2, keepdim=True).sqrt()
