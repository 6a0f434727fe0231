"""Fixed priorities until the tasks are seen to fight."""

import math

from models.weighting.base import Measured, Weighting
from models.weighting.gramians import Pulls, pulls
from models.weighting.upgrad import resolved

CONFLICT = -0.1
"""Cosine between two gradients under which they pull against each other."""
STEPS = 50
"""So many steps in a row, or it was chance."""


class Auto(Weighting):
    """w_i = p_i, and UPGrad (Quinton & Rey 2024, arXiv:2406.16232) from the step on at which two tasks are known to conflict.

    They conflict when the cosine of their gradients at the shared features (Yu et al. 2020, arXiv:2001.06782) was under
    -0.1 in 50 steps running; `notes` then says which, when and by how much. Choose it to be told whether the choice of
    a weighting matters for your tasks at all.
    """

    needs_gradients = True

    def weights(self, measured: Measured) -> dict[str, float]:
        """The priorities, or what resolves the conflict."""
        priorities = self.importance(measured.losses)
        if not self.state.get("resolving", False):
            self._watch(pulls(measured, priorities))
        return resolved(measured, priorities) if self.state.get("resolving", False) else priorities

    def _watch(self, found: Pulls) -> None:
        """Count, for each two tasks, the steps running in which they pulled against each other."""
        self.state["steps"] = self.state.get("steps", 0) + 1
        streaks: dict[str, int] = self.state.setdefault("streaks", {})
        lengths, table = found.gramian.diagonal().tolist(), found.gramian.tolist()
        for row, one in enumerate(found.names):
            for column, other in enumerate(found.names[:row]):
                cosine = table[row][column] / (math.sqrt(lengths[row]) * math.sqrt(lengths[column]))
                both = f"{other}|{one}"
                streaks[both] = streaks.get(both, 0) + 1 if cosine < CONFLICT else 0
                if streaks[both] == STEPS:
                    self._switch(other, one, cosine)

    def _switch(self, one: str, other: str, cosine: float) -> None:
        self.state["resolving"] = True
        self.notes.append(
            f"step {self.state['steps']}: {one} and {other} pull against each other (cosine of their gradients under "
            f"{CONFLICT:g} for {STEPS} steps, now {cosine:.2f}); conflicts are resolved by UPGrad from here on"
        )
