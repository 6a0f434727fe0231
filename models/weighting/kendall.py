"""Learned uncertainty weighting."""

import math

from models.weighting.allotment import floored
from models.weighting.base import Measured, Weighting

RATE = 0.05
SMALLEST = 1e-3


class Kendall(Weighting):
    """w_i = p_i exp(-s_i); the log-variances s_i descend sum_i p_i (exp(-s_i) L_i + s_i) (Kendall et al. 2018, arXiv:1705.07115).

    That is twice the paper's objective for a classification and a regression alike, so that s_i = 0 gives the
    priorities. For a constant loss s_i -> log L_i, the weights of `uncertainty` without its scaling: as all losses
    fall, the step grows. Choose it to compare with the literature; `uncertainty` gets there at once.
    """

    def weights(self, measured: Measured) -> dict[str, float]:
        """One step of every log-variance, then its weight."""
        logs: dict[str, float] = self.state.setdefault("log_variances", {})
        for name, loss in measured.losses.items():
            logs[name] = _stepped(logs.get(name, 0.0), loss)
        priorities = self.importance(measured.losses)
        return floored({n: p * math.exp(-logs[n]) for n, p in priorities.items()}, priorities)


def _stepped(log_variance: float, loss: float) -> float:
    """One step down the slope 1 - exp(-s) L, bounded so that a loss which leaps does not fling s away."""
    if not math.isfinite(loss):
        return log_variance
    slope = 1.0 - math.exp(-log_variance) * max(loss, SMALLEST)
    return log_variance - RATE * max(-1.0, min(1.0, slope))
