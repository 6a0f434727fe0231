"""Priority-constrained descent."""

import torch

from models.weighting.allotment import floored
from models.weighting.base import Measured, Weighting
from models.weighting.gramians import pcd, pulls

PROGRESS = 0.02


class PCD(Weighting):
    """w_i: the gradient of the most important task, bent as little as every other's share of progress asks (arXiv:2606.29521).

    The share is 0.02 of what a step along that task's own gradient would give, times its priority over the leader's.
    Of equal priorities the first that was named leads: the whole part's joint answer in the trainer. A task that needs no help gets the floor alone. Choose it when one
    output matters and the others are there to help, as long as they must not get worse.
    """

    needs_gradients = True

    def weights(self, measured: Measured) -> dict[str, float]:
        """The leader's priority, and for each other task what keeps it from falling behind."""
        priorities = self.importance(measured.losses)
        found = pulls(measured, priorities)
        if not found.names:
            return priorities
        named = [n for n in self.priorities if n in found.names] or found.names
        leader = max(named, key=lambda n: priorities[n])
        order = [leader, *(n for n in found.names if n != leader)]
        places = torch.tensor([found.names.index(n) for n in order])
        means: dict[str, float] = self.state.setdefault("means", {})
        squares = found.gramian.diagonal()[places].tolist()
        before = torch.tensor([means.get(n, own) for n, own in zip(order, squares, strict=True)], dtype=torch.float64)
        progress = torch.tensor([PROGRESS * priorities[n] / priorities[leader] for n in order[1:]], dtype=torch.float64)
        steps = self.state.get("steps", 0)
        solved, after = pcd(found.gramian[places][:, places], progress, before, steps)
        means |= dict(zip(order, after.tolist(), strict=True))
        self.state["steps"] = steps + 1
        bent = {n: priorities[leader] * w for n, w in zip(order, solved.tolist(), strict=True)}
        return floored(dict.fromkeys(priorities, 0.0) | bent, priorities)
