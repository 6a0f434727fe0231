"""Geometric mean of the losses."""

import math

from models.weighting.allotment import floored
from models.weighting.base import Measured, Weighting

SMALLEST = 1e-3
LARGEST = 1e6


class GeometricMean(Weighting):
    """w_i = p_i M / L_i, the gradient of P M for M = prod_i L_i^(p_i / P), P = sum_i p_i (Chennupati et al. 2019, arXiv:1904.08492).

    No scale of any loss matters, and nothing is remembered: the direction of `uncertainty` without its running mean, so
    it follows at once and is noisier. Choose it for few tasks with losses that do not get near zero.
    """

    def weights(self, measured: Measured) -> dict[str, float]:
        """Priority times geometric mean over each loss of this step."""
        priorities = self.importance(measured.losses)
        # What is not finite is skipped by the trainer; here it counts as no skill.
        logs = {
            n: math.log(min(max(loss, SMALLEST), LARGEST)) if math.isfinite(loss) else 0.0
            for n, loss in measured.losses.items()
        }
        mean = math.fsum(p * logs[n] for n, p in priorities.items()) / (math.fsum(priorities.values()) or 1.0)
        return floored({n: p * math.exp(mean - logs[n]) for n, p in priorities.items()}, priorities)
