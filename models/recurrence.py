"""Stage 6, recurrence: when to stop going round."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from models.steadiness import Drift, drift_of

TOLERANCE = 0.01
"""Share of its level by which a loss may still change within a window and be called steady."""
SPANS = (1.75, 2.0, 3.0, 4.0, 5.0)
"""Windows over which change is looked for: where losses scatter, only a longer look can tell."""
ERRORS = 1.0
"""Standard errors of the change that have to fit under the tolerance with it."""


@dataclass(slots=True, kw_only=True)
class SteadyState:
    """Watches the cumulative loss of training and of validation, once an epoch."""

    patience: int
    """Epochs without a better validation loss after which training ends."""
    window: int = 8
    """Epochs within which a steady loss changes by less than TOLERANCE of its level."""
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
        return self._steady()

    def _steady(self) -> str | None:
        """A change within a window that is certainly small, in training and in validation alike.

        A test of equivalence (Schuirmann 1987): that no slope is seen proves nothing where losses scatter, so the
        change and its error together have to stay under the tolerance.
        """
        if len(self.train) < 2 * self.window:
            return None
        curves = {"training": self.train} | ({"validation": self.val} if self.val else {})
        for epochs in (round(span * self.window) for span in SPANS):
            found = {}
            for name, losses in curves.items():
                drift = self._drift(losses, epochs)
                if drift is None or not abs(drift.change) + ERRORS * drift.error <= TOLERANCE:
                    break
                found[name] = f"{name} {drift.change:+.2%} +- {drift.error:.2%}"
            else:
                said = ", ".join(found.values())
                return f"steady state: change a window of {self.window} epochs, seen over {epochs}: {said}; under {TOLERANCE:.1%} is steady"
        return None

    def _drift(self, losses: Sequence[float], epochs: int) -> Drift | None:
        """The drift of the last epochs; None where there are fewer, or one was not finite."""
        last = losses[-epochs:]
        if len(last) < epochs or not all(map(math.isfinite, last)):
            return None
        return drift_of(last, self.window, largest=max(filter(math.isfinite, losses)))
