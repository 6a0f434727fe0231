"""Dynamic weight average."""

import math

from models.weighting.allotment import floored
from models.weighting.base import Measured, Weighting

TEMPERATURE = 2.0
SMALLEST = 1e-8


class DynamicAverage(Weighting):
    """w_i = p_i K softmax_i(r_i / T), r_i = L_i(t - 1) / L_i(t - 2) over epochs, T = 2 (Liu et al. 2019, arXiv:1803.10704).

    A loss that falls slowly gains weight; the priorities alone during the first two epochs. Choose it when tasks learn
    at very different speeds; it moves weights little (by e^(1/2) between a loss that stands and one that vanishes).
    """

    def weights(self, measured: Measured) -> dict[str, float]:
        """Weights of the running epoch."""
        priorities = self.importance(measured.losses)
        on = [n for n, p in priorities.items() if p > 0]
        ratios = {n: self._ratio(n) / TEMPERATURE for n in on}
        largest = max(ratios.values(), default=0.0)
        shares = {n: math.exp(r - largest) for n, r in ratios.items()}
        whole = math.fsum(shares.values())
        return floored(
            {n: p * len(on) * shares[n] / whole if n in shares else 0.0 for n, p in priorities.items()}, priorities
        )

    def end_epoch(self, train: dict[str, float], validation: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Remember the last two epochs whose losses were finite."""
        past: dict[str, list[float]] = self.state.setdefault("past", {})
        for name, loss in train.items():
            if math.isfinite(loss):
                past[name] = [*past.get(name, []), loss][-2:]

    def _ratio(self, name: str) -> float:
        past = self.state.get("past", {}).get(name, [])
        return past[1] / max(past[0], SMALLEST) if len(past) == 2 else 1.0
