"""Conflict-free gradients."""

from models.weighting.allotment import floored
from models.weighting.base import Measured, Weighting
from models.weighting.gramians import preference, pulls, upgrad


class Upgrad(Weighting):
    """w_i = p_i + what keeps the step from raising any other loss (Quinton & Rey 2024, arXiv:2406.16232).

    Each gradient, times its priority, is projected onto the cone of steps along which no loss rises to first order, and
    the projections are summed; without a conflict these are the priorities. Gradients are those at the shared features.
    Choose it when losses fight: one falls while another rises. `auto` finds out whether they do.
    """

    needs_gradients = True

    def weights(self, measured: Measured) -> dict[str, float]:
        """Priorities where nothing conflicts, more where a task must be kept from losing."""
        return resolved(measured, self.importance(measured.losses))


def resolved(measured: Measured, priorities: dict[str, float]) -> dict[str, float]:
    """The weights of `Upgrad`; a task without a gradient keeps its priority."""
    found = pulls(measured, priorities)
    if not found.names:
        return priorities
    solved = upgrad(found.gramian, preference(found, priorities)).tolist()
    return floored(priorities | dict(zip(found.names, solved, strict=True)), priorities)
