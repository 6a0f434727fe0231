"""Closed-form uncertainty weighting."""

import math

from models.weighting.allotment import allotted
from models.weighting.base import Measured, Weighting

SMALLEST = 1e-3
MEMORY = 0.98


class Uncertainty(Weighting):
    """w_i ~ p_i / L_i, scaled to the sum of the priorities; L_i is a running mean over about 50 steps.

    The minimizer of sum_i L_i / (2 s_i^2) + log s_i is s_i^2 = L_i (Kendall et al. 2018, arXiv:1705.07115), put in at
    once instead of being learnt. Choose it when losses end at very different heights and the low ones should go on
    counting; a task that is only noise keeps a high loss and loses weight.
    """

    def weights(self, measured: Measured) -> dict[str, float]:
        """Priorities divided by the running mean of each loss, same sum as the priorities."""
        means: dict[str, float] = self.state.setdefault("means", {})
        for name, loss in measured.losses.items():
            # A step whose loss overflowed is skipped; its loss must not stay in the mean for ever.
            if math.isfinite(loss):
                means[name] = MEMORY * means.get(name, loss) + (1 - MEMORY) * loss
        priorities = self.importance(measured.losses)
        return allotted({n: p / max(means.get(n, 1.0), SMALLEST) for n, p in priorities.items()}, priorities)
