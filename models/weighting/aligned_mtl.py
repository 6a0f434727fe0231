"""Aligned gradients."""

from models.weighting.allotment import allotted
from models.weighting.base import Measured, Weighting
from models.weighting.gramians import aligned_mtl, preference, pulls


class AlignedMTL(Weighting):
    """w ~ B p, B the inverse root of the Gramian (Senushkin et al. 2023, arXiv:2305.19000), scaled to the sum of the priorities.

    So the gradients, turned to right angles and brought to one length, count by priority: a task neither dominates by
    the length of its gradient nor is cancelled by another. The paper scales the step by the shortest gradient, which
    would stop everyone when one loss is solved; here only its direction counts. A w_i that would be negative or small
    is the floor's. Choose it when gradients differ much in length and in direction.
    """

    needs_gradients = True

    def weights(self, measured: Measured) -> dict[str, float]:
        """Weights under which the gradients at the features are balanced."""
        priorities = self.importance(measured.losses)
        found = pulls(measured, priorities)
        if not found.names:
            return priorities
        solved = aligned_mtl(found.gramian, preference(found, priorities)).tolist()
        return allotted(dict.fromkeys(priorities, 0.0) | dict(zip(found.names, solved, strict=True)), priorities)
