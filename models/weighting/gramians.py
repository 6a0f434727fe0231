"""Weights from the inner products of gradients: torchjd's published solvers, and what they need of ours.

The one place that imports torchjd (Quinton & Rey 2024, arXiv:2406.16232), and only when it is asked. Every function
takes a Gramian of shape (tasks, tasks), float64, and preferences of shape (tasks,), and gives weights of shape
(tasks,): the step is the sum of weight x gradient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.weighting.base import Measured

if TYPE_CHECKING:
    from torchjd.linalg import DualConeProjector, PSDMatrix

RIDGE = 1e-4
"""Added to the diagonal of a Gramian of trace 1, as torchjd does: gradients that are copies of each other have no unique
answer."""
OPTIMAL = 1e-12
"""Slope of the squared distance that rounding leaves at its least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulls:
    """The tasks that pull at the features in one step."""

    names: tuple[str, ...]
    """In alphabetical order, so that the order of the losses changes no bit."""
    gramian: Tensor
    """Inner products of their gradients, shape (names, names), float64."""


def pulls(measured: Measured, priorities: Mapping[str, float]) -> Pulls:
    """The tasks that are on and have a gradient; none in a step with a gradient that is not finite: it is skipped.

    Raises:
        ValueError: the trainer measured no Gramian.
    """
    if measured.gramian is None:
        raise ValueError("this weighting needs Measured.gramian, shape (losses, losses); it is None")
    order, whole = list(measured.losses), measured.gramian.double()
    diagonal = whole.diagonal().tolist()
    finite = bool(whole.isfinite().all())
    names = tuple(sorted(n for n, own in zip(order, diagonal, strict=True) if finite and own > 0 and priorities[n] > 0))
    places = torch.tensor([order.index(n) for n in names], dtype=torch.long)
    return Pulls(names=names, gramian=whole[places][:, places])


def preference(found: Pulls, priorities: Mapping[str, float]) -> Tensor:
    """Priorities of the tasks that pull, shape (tasks,), float64."""
    return torch.tensor([priorities[n] for n in found.names], dtype=torch.float64)


def non_negative(root: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The x >= 0 for which |root x - target| is least.

    Lawson & Hanson's method as scipy 1.17 has it now and then ends beside the optimum, so that a Gramian that differs in
    its last bit gets other weights. What does not fulfil the conditions of Karush, Kuhn and Tucker is solved again by
    bounded least squares (Stark & Parker 1995), which takes longer.

    Args:
        root: Shape (rows, columns), of full rank and of norm about 1.
        target: Shape (rows,).

    Returns:
        Shape (columns,).
    """
    from scipy.optimize import lsq_linear, nnls  # type: ignore[import-untyped]

    found: NDArray[np.float64] = nnls(root, target)[0]
    slope = root.T @ (root @ found - target)
    if slope.min() < -OPTIMAL or np.abs(found * slope).max() > OPTIMAL:
        found = lsq_linear(root, target, bounds=(0.0, np.inf), method="bvls", tol=1e-15).x
    return found


@cache
def _projector() -> "DualConeProjector":
    """Projection onto the dual cone by non-negative least squares (Lawson & Hanson 1974), which scipy has.

    torchjd's own needs two more packages, one under the GPL, and leaves gradients of norm under 0.01 unresolved.
    """
    from torchjd.linalg import DualConeProjector

    class NonNegative(DualConeProjector):
        def __call__(self, U: Tensor, G: "PSDMatrix") -> Tensor:  # noqa: N803 - torchjd's names
            trace = float(G.diagonal().sum())
            if not trace > 0:
                return U
            # min_v v'Gv with v >= u is, for G = R'R and v = u + x, the least |R x + R u| with x >= 0.
            ridged = (G / trace + RIDGE * torch.eye(len(G), dtype=G.dtype)).numpy()
            root = np.linalg.cholesky(ridged).T
            return torch.stack([u + torch.from_numpy(non_negative(root, -root @ u.numpy())) for u in U])

    return NonNegative()


def upgrad(gramian: Tensor, preference: Tensor) -> Tensor:
    """Each gradient projected onto the cone in which no loss rises, then summed (Quinton & Rey 2024, arXiv:2406.16232).

    Without a conflict these are the preferences; never are they less.
    """
    from torchjd.aggregation import UPGradWeighting

    return UPGradWeighting(preference, projector=_projector())(gramian)


def aligned_mtl(gramian: Tensor, preference: Tensor) -> Tensor:
    """Gradients turned to right angles and equal length (Senushkin et al. 2023, arXiv:2305.19000); may be negative."""
    from torchjd.aggregation import AlignedMTLWeighting

    return AlignedMTLWeighting(preference)(gramian)


def mgda(gramian: Tensor) -> Tensor:
    """The shortest vector between the gradients (Désidéri 2012; Sener & Koltun 2018, arXiv:1810.04650)."""
    from torchjd.aggregation import MGDAWeighting

    return MGDAWeighting()(gramian)


def pcgrad(gramian: Tensor) -> Tensor:
    """Each gradient without what opposes the others, in random order (Yu et al. 2020, arXiv:2001.06782)."""
    from torchjd.aggregation import PCGradWeighting

    return PCGradWeighting()(gramian)


def pcd(gramian: Tensor, progress: Tensor, means: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """The first gradient, bent until every other task gets its share of progress (arXiv:2606.29521).

    Args:
        gramian: The leading task first.
        progress: Least share of each other task, shape (tasks - 1,), 0 to 1.
        means: Running mean of each squared norm before this step, shape (tasks,).
        steps: Steps in those means.

    Returns:
        Weights, and the running means after this step.
    """
    from torchjd.aggregation import PCDWeighting

    solver: Any = PCDWeighting(tau=progress)
    # What torchjd forgets when it is saved: its averages without their correction for the start.
    solver._sq_norm_ema = means * (1 - solver.beta**steps)
    solver._n_steps, solver._state_key = torch.tensor(steps), len(means)
    weights = solver(gramian)
    return weights, solver._sq_norm_ema / (1 - solver.beta ** (steps + 1))
