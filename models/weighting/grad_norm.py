"""Gradient normalization."""

import math

from models.weighting.allotment import allotted
from models.weighting.base import Measured, Weighting
from models.weighting.gramians import Pulls, pulls

RATE = 0.02
ALPHA = 0.5
SMALLEST = 1e-3
FARTHEST = 6.0
"""A logarithm of a weight stays within this of the others' mean."""


class GradNorm(Weighting):
    """w_i |g_i| ~ p_i r_i^a and sum_i w_i = sum_i p_i at the fixed point (Chen et al. 2018, arXiv:1711.02257), a = 0.5.

    |g_i| is the norm of the gradient at the shared features, the root of the Gramian's diagonal; r_i is the loss over
    the mean of all: a normalized loss began at 1, so it is itself the inverse training rate. The logarithm of each
    weight goes 2 % of the way to the fixed point at every step, where the paper descends the absolute distance by Adam:
    the same point, reached without trembling about it. Choose it when one task drowns the others by its gradient.
    """

    needs_gradients = True

    def weights(self, measured: Measured) -> dict[str, float]:
        """Weights one step closer to equal pulls."""
        priorities = self.importance(measured.losses)
        found = pulls(measured, priorities)
        if all(math.isfinite(measured.losses[n]) for n in found.names):
            self._approach(found, measured.losses)
        logs = self.state.get("logs", {})
        return allotted({n: p * math.exp(logs.get(n, 0.0)) for n, p in priorities.items()}, priorities)

    def _approach(self, found: Pulls, losses: dict[str, float]) -> None:
        """Move log(w_i / p_i) so that log(w_i |g_i| / p_i) - a log r_i becomes the same for every task that pulls."""
        logs: dict[str, float] = self.state.setdefault("logs", {})
        lengths = dict(zip(found.names, found.gramian.diagonal().sqrt().tolist(), strict=True))
        off = {n: logs.get(n, 0.0) + math.log(v) - ALPHA * _rate(losses[n]) for n, v in lengths.items()}
        mean = math.fsum(off.values()) / max(1, len(off))
        for name, value in off.items():
            moved = logs.get(name, 0.0) + RATE * max(-5.0, min(5.0, mean - value))
            logs[name] = max(-FARTHEST, min(FARTHEST, moved))


def _rate(loss: float) -> float:
    """Logarithm of the inverse training rate; the mean over tasks cancels."""
    return math.log(max(loss, SMALLEST))
