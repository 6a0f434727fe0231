"""Dynamic weight average."""

import math

from models.weighting.base import Measured, Weighting

TEMPERATURE = 2.0


class DynamicAverage(Weighting):
    """w_i = K softmax_i(r_i / T), r_i = L_i(t - 1) / L_i(t - 2) over epochs (Liu et al. 2019, arXiv:1803.10704).

    A loss that falls slowly gains weight. Multiplied by the priorities; equal during the first two epochs.
    """

    def weights(self, measured: Measured) -> dict[str, float]:
        """Weights of the running epoch."""
        losses = measured.losses
        ratios = {n: self._ratio(n) / TEMPERATURE for n in losses}
        largest = max(ratios.values(), default=0.0)
        shares = {n: math.exp(r - largest) for n, r in ratios.items()}
        scale = len(losses) / sum(shares.values()) if shares else 0.0
        return {n: self.priorities.get(n, 1.0) * scale * share for n, share in shares.items()}

    def end_epoch(self, train: dict[str, float], validation: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Remember the last two epochs whose losses were finite."""
        for name, loss in train.items():
            if not math.isfinite(loss):
                continue
            self.state[name] = [*self.state.get(name, []), loss][-2:]

    def _ratio(self, name: str) -> float:
        past = self.state.get(name, [])
        return past[1] / max(past[0], 1e-8) if len(past) == 2 else 1.0
