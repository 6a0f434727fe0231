"""How far spots stand out of all that is larger than they are, and how deep the darkest lies."""

import torch
from torch import Tensor, nn

from models.frontends.statistics import Statistics, at_levels, places_of

SIDES = (3, 7, 15, 31)
"""Sides of the squares, in cells: what holds no such square counts as a spot."""
HEIGHTS = (0.9, 0.99, 0.998, 1.0)
"""Places in the sorted heights: the last is a single cell, the first a tenth of the map."""
MOST = (0.9, 0.95, 0.98, 0.99)
"""Places in the sorted map over which the highest cell is measured: so much of the frame is under them."""
COMMON = (0.05, 0.95)
"""Places in the sorted map between which a frame's common values lie, whatever its spots are."""
LEAST = 0.02
"""Height, relative to the common values' spread, under which nothing stands out."""
FLAT = 1e-3
"""Spread of the common values of a frame on its own scale under which it counts as flat."""


def spread_out(maps: Tensor, side: int) -> Tensor:
    """Highest value over the square of cells around each cell, same shape: the dilation by a square."""
    rows = nn.functional.max_pool2d(maps, (side, 1), stride=1, padding=(side // 2, 0))
    return nn.functional.max_pool2d(rows, (1, side), stride=1, padding=(0, side // 2))


def top_hat(maps: Tensor, side: int) -> Tensor:
    """Height over the opening by a square (Serra 1982): zero wherever a whole square is at least as high.

    A wide plateau stands out of its surroundings at its edge, but not out of its own opening.

    Args:
        maps: Shape (batch, frames, height, width).
        side: Of the square, in cells, odd.

    Returns:
        Same shape, at least zero.
    """
    return maps - spread_out(-spread_out(-maps, side), side)


class TopHats(Statistics):
    """Heights of bright spots of several sizes, of the highest over most of the frame, and the depth of the darkest spot.

    All as logarithms, relative to how far the frame's common values lie apart. A hot joint is hotter than all that is as
    large as it or larger; a mast before a cold sky only looks so beside the sky.
    """

    heights: Tensor
    most: Tensor
    common: Tensor

    def __init__(self, frames: int, height: int, width: int) -> None:
        super().__init__(frames * (len(SIDES) * len(HEIGHTS) + len(MOST) + 1))
        for name, levels in (("heights", HEIGHTS), ("most", MOST), ("common", COMMON)):
            self.register_buffer(name, places_of(levels, height * width), persistent=False)

    @staticmethod
    def fit_into(height: int, width: int) -> bool:
        """Whether a map holds every square; of a smaller one its spots say too little."""
        return min(height, width) >= SIDES[-1]

    def measure(self, mean: Tensor, highest: Tensor) -> Tensor:
        """Shape (batch, count)."""
        low, high = at_levels(mean, self.common).unbind(dim=2)
        spread = (high - low + FLAT)[:, :, None]
        spots = [at_levels(top_hat(highest, side), self.heights) for side in SIDES]
        spots.append(highest.amax(dim=(2, 3))[:, :, None] - at_levels(highest, self.most))
        spots.append(top_hat(-mean, SIDES[-1]).amax(dim=(2, 3))[:, :, None])
        return torch.cat([(spot / spread + LEAST).log().flatten(1) for spot in spots], dim=1)
