"""Closed-form uncertainty weighting."""

import math

from models.weighting.base import Measured, Weighting

FLOOR = 1e-3


class Uncertainty(Weighting):
    """The minimizer of sum_i L_i / (2 s_i^2) + log s_i is s_i^2 = L_i (Kendall et al. 2018, arXiv:1705.07115).

    So each loss counts by 1 / L_i; weights are scaled to the sum of the priorities, and a running mean calms them.
    """

    def weights(self, measured: Measured) -> dict[str, float]:
        """Priorities divided by the running mean of each loss, same sum as the priorities."""
        losses = measured.losses
        for name, loss in losses.items():
            # A step whose loss overflowed is skipped; its loss must not stay in the mean for ever.
            if not math.isfinite(loss):
                continue
            self.state[name] = 0.98 * self.state.get(name, loss) + 0.02 * loss
        raw = {n: self.priorities.get(n, 1.0) / max(self.state.get(n, 1.0), FLOOR) for n in losses}
        scale = sum(self.priorities.get(n, 1.0) for n in losses) / (sum(raw.values()) or 1.0)
        return {n: value * scale for n, value in raw.items()}
