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
FEW = 10
"""With so many windows a class's own usual distance and that of all classes weigh the same."""


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
    al. 2022 (arXiv:2204.06507) in the same metric. The distance to a class is taken in parts of what is usual for that
    class, so that a wide class does not make strangers near a narrow one look known, nor its own parts strange. The
    logarithms of both, each less its usual value over its usual spread, are averaged.
    """

    origin: Tensor
    whitening: Tensor
    points: Tensor
    lengths: Tensor
    usual: Tensor
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
        self._keep("usual", np.zeros(self.classes))
        self._keep("scale", np.full((2, 1), 0.5))
        self._keep("offset", np.zeros(1))

    def _keep(self, name: str, values: NDArray[np.float64]) -> None:
        self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(values, np.float32)))

    def settle(self, classes: Tensor, near: Tensor, codes: Tensor) -> None:
        """Learn what is usual from windows that had no part in the space.

        Args:
            classes: Of such windows, as `logarithms` gives them, shape (windows, classes); infinite where the space that
                they were held against had no such class.
            near: The same to the references, shape (windows, 1).
            codes: The class of each window, shape (windows,).
        """
        own = classes.gather(1, codes[:, None])[:, 0]
        middle = torch.nanmedian(torch.where(own.isfinite(), own, torch.nan)).nan_to_num()
        for code in range(self.classes):
            mine = own[(codes == code) & own.isfinite()]
            # The median of a handful says little; it is drawn to that of all.
            pull = FEW / (FEW + len(mine))
            self.usual[code] = pull * middle + (1 - pull) * (mine.median() if len(mine) else middle)
        both = torch.cat([self.nearest(classes), near], dim=1)
        low, mid, high = torch.quantile(both[both.isfinite().all(dim=1)], torch.tensor([0.16, 0.5, 0.84]), dim=0)
        # Half of what holds two thirds is one standard deviation of a normal distribution.
        spread = ((high - low) / 2).clamp_min(2e-3)
        self.scale.copy_(1 / spread[:, None] / 2)
        self.offset.copy_(-(mid / spread).mean())

    def logarithms(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Of the squared distances to every class and to the fifth nearest reference.

        Args:
            rows: Shape (batch, width).

        Returns:
            Shapes (batch, classes) and (batch, 1).
        """
        placed = torch.addmm(self.origin, rows, self.whitening)
        product = torch.addmm(self.lengths, placed, self.points, alpha=-2)
        squared = placed.square().sum(dim=1, keepdim=True) + product
        count = min(NEIGHBOURS, squared.shape[1] - self.classes)
        near = squared[:, self.classes :].topk(count, dim=1, largest=False).values[:, count - 1 :]
        both = torch.cat([squared[:, : self.classes], near], dim=1).clamp_min(SMALLEST).log()
        return both[:, : self.classes], both[:, self.classes :]

    def nearest(self, classes: Tensor) -> Tensor:
        """The smallest logarithm over what is usual for its class, shape (batch, classes) to (batch, 1)."""
        return (classes - self.usual).amin(dim=1, keepdim=True)

    def forward(self, rows: Tensor) -> Tensor:
        """About 0 and 1 wide for windows like those of training, larger the stranger; (batch, width) to (batch, 1)."""
        classes, near = self.logarithms(rows)
        return torch.addmm(self.offset, torch.cat([self.nearest(classes), near], dim=1), self.scale)
