"""How far a window lies from those of training, in one layer: to the nearest class and to the nearest examples."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

NEIGHBOURS = 5
"""The distance to the fifth nearest training window counts: one odd window in training vouches for nothing."""
SMALLEST = 1e-12
"""Squared distance under which two windows are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A space in which the training windows of a class scatter alike in all directions, and what stands in it."""

    centre: NDArray[np.float64]
    """Mean of the training windows, shape (width,)."""
    whitening: NDArray[np.float64]
    """From a centred row to the space, shape (width, width)."""
    means: NDArray[np.float64]
    """Mean of each class in the space, shape (classes, width)."""
    references: NDArray[np.float64]
    """Some training windows in the space, shape (references, width)."""


class Distances(nn.Module):
    """Mahalanobis distance to the nearest class and distance to the fifth nearest reference, as one number without unit.

    Both are Euclidean in a whitened space, which makes the first the class-conditional Mahalanobis distance with one
    covariance for all classes (Lee et al. 2018, arXiv:1807.03888) and the second the deep nearest neighbours of Sun et
    al. 2022 (arXiv:2204.06507) in the same metric. Their logarithms, each less its usual value over its usual spread,
    are averaged.
    """

    origin: Tensor
    whitening: Tensor
    points: Tensor
    lengths: Tensor
    scale: Tensor
    offset: Tensor

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.classes = len(space.means)
        points = np.concatenate([space.means, space.references])
        # Laid out for one product of matrices: the graph turns nothing round and adds nothing up again at every part.
        self._keep("origin", -space.centre @ space.whitening)
        self._keep("whitening", space.whitening)
        self._keep("points", points.T)
        self._keep("lengths", np.square(points).sum(axis=1))
        self._keep("scale", np.full((2, 1), 0.5))
        self._keep("offset", np.zeros(1))

    def _keep(self, name: str, values: NDArray[np.float64]) -> None:
        self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(values, np.float32)))

    def settle(self, logarithms: Tensor) -> None:
        """Learn what is usual from windows that had no part in the space.

        Args:
            logarithms: Of such windows, as `measured` gives them, shape (windows, 2).
        """
        low, middle, high = torch.quantile(logarithms, torch.tensor([0.16, 0.5, 0.84]), dim=0)
        # Half of what holds two thirds is one standard deviation of a normal distribution.
        spread = ((high - low) / 2).clamp_min(1e-3)
        self.scale.copy_(1 / spread[:, None] / 2)
        self.offset.copy_(-(middle / spread).mean())

    def measured(self, rows: Tensor) -> Tensor:
        """Logarithms of both squared distances, shape (batch, width) to (batch, 2)."""
        placed = torch.addmm(self.origin, rows, self.whitening)
        squared = placed.square().sum(dim=1, keepdim=True) - 2 * placed @ self.points + self.lengths
        nearest = squared[:, : self.classes].amin(dim=1, keepdim=True)
        count = min(NEIGHBOURS, squared.shape[1] - self.classes)
        near = squared[:, self.classes :].topk(count, dim=1, largest=False).values[:, count - 1 :]
        return torch.cat([nearest, near], dim=1).clamp_min(SMALLEST).log()

    def forward(self, rows: Tensor) -> Tensor:
        """About 0 and 1 wide for windows like those of training, larger the stranger; (batch, width) to (batch, 1)."""
        return torch.addmm(self.offset, self.measured(rows), self.scale)
