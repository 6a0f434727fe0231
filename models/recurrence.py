"""Stage 6, recurrence: when to stop going round."""

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True, kw_only=True)
class SteadyState:
    """Watches the cumulative loss of training and of validation, once an epoch."""

    patience: int
    """Epochs without a better validation loss after which training ends."""
    window: int = 8
    """Epochs over which slope and spread are tested."""
    threshold: float = 0.0
    """Cumulative training loss at or under which training ends; 0: never."""
    train: list[float] = field(default_factory=list)
    """Cumulative training loss of each epoch."""
    val: list[float] = field(default_factory=list)
    """Cumulative validation loss of each epoch."""

    def reason(self) -> str | None:
        """Why training should end now, in words; None while it should go on."""
        if self.threshold > 0 and self.train and self.train[-1] <= self.threshold:
            return f"cumulative loss {self.train[-1]:.4f} reached the threshold {self.threshold:g}"
        best = int(np.argmin(self.val)) if self.val else 0
        if len(self.val) - 1 - best >= self.patience:
            return f"validation stopped improving {self.patience} epochs ago"
        if self._steady():
            return f"steady state: no slope in the cumulative loss over {self.window} epochs"
        return None

    def _steady(self) -> bool:
        """Slope indistinguishable from zero and spread under 0.5 % of the level, for training and validation alike."""
        if len(self.train) < 2 * self.window:
            return False
        return all(_flat(np.array(losses[-self.window :])) for losses in (self.train, self.val) if losses)


def _flat(losses: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    steps = np.arange(len(losses), dtype=np.float64) - (len(losses) - 1) / 2
    slope = float(steps @ (losses - losses.mean()) / (steps @ steps))
    residual = losses - losses.mean() - slope * steps
    error = math.sqrt(float(residual @ residual) / max(1, len(losses) - 2) / float(steps @ steps))
    level = max(abs(float(losses.mean())), 1e-12)
    return abs(slope) <= 2 * error + 1e-4 * level and float(losses.std()) <= 0.005 * level
