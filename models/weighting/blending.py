"""Gradient blending of the streams."""

import math

from models.blending import Curve, blended
from models.weighting.allotment import allotted
from models.weighting.base import Measured, Weighting

SPAN = 5
"""Epochs between two looks."""


class Blending(Weighting):
    """w_i ~ p_i G_i / O_i^2 among the answers to one task (Wang, Tran & Feiszli 2020, arXiv:1905.12681, online).

    A part-level task is answered by every stream alone (`label:acoustic`) and by all together (`label:joint`). Every
    five epochs each answer is judged by what it gained on validation items (G) and by how much its gap to training grew
    (O); the answers of a task share out the sum of its priorities anew. What belongs to one stream keeps its priority.
    The paper trains each stream anew to see this; here every stream's own answer comes from that stream alone anyway.
    Choose it when one stream is soon learnt by heart while another still teaches, and there are validation items.
    """

    def weights(self, measured: Measured) -> dict[str, float]:
        """Priorities, shared out anew among the answers of each task."""
        priorities = self.importance(measured.losses)
        shares: dict[str, float] = self.state.get("shares", {})
        found: dict[str, float] = {}
        for task in dict.fromkeys(_task(n) for n in priorities):
            own = {n: p for n, p in priorities.items() if _task(n) == task}
            found |= allotted({n: p * shares.get(n, 1.0) for n, p in own.items()}, own)
        return {n: found[n] for n in priorities}

    def end_epoch(self, train: dict[str, float], validation: dict[str, float] | None = None) -> None:
        """Every five epochs, judge what they brought."""
        now = {
            n: [train[n], v]
            for n, v in (validation or {}).items()
            if n in train and math.isfinite(train[n]) and math.isfinite(v)
        }
        began: dict[str, list[float]] = self.state.setdefault("began", {})
        self.state["epochs"] = self.state.get("epochs", -1) + 1
        for name, losses in now.items():
            began.setdefault(name, losses)
        if self.state["epochs"] % SPAN or not self.state["epochs"]:
            return
        seen = {n: _curve(began[n], losses) for n, losses in now.items() if began[n] is not losses}
        for task in dict.fromkeys(_task(n) for n in seen):
            self._judge({n: c for n, c in seen.items() if _task(n) == task and self.priorities.get(n, 1.0) > 0})
        began |= now

    def _judge(self, curves: dict[str, Curve]) -> None:
        """Shares relative to their mean, so that an answer which was not seen stays at the mean."""
        shares: dict[str, float] = self.state.setdefault("shares", {})
        shares |= {n: share * len(curves) for n, share in blended(curves).items()}


def _curve(first: list[float], last: list[float]) -> Curve:
    return Curve(train=(first[0], last[0]), validation=(first[1], last[1]))


def _task(output: str) -> str:
    """The task whose answers share their priorities; an output without a colon shares with none."""
    return output.split(":", 1)[0] if ":" in output else f"{output}:"
