"""Generalization-ratio blending: how much each stream should count, from how it learns and how it overfits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_GAP = 0.02
"""Of the first validation loss: overfitting under this is not told from none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How one network learnt: that of one stream alone, or that of all together."""

    train: Sequence[float]
    """Training loss from the first look to the last; two are enough."""
    validation: Sequence[float]
    """Validation loss at the same looks."""

    def __post_init__(self) -> None:
        """Refuse what has no beginning and end.

        Raises:
            ValueError: fewer than two looks, or not the same number of both.
        """
        if len(self.train) != len(self.validation) or len(self.train) < 2:
            raise ValueError(
                f"a curve needs two or more looks at both losses; it has {len(self.train)} in training and "
                f"{len(self.validation)} in validation"
            )

    @property
    def generalization(self) -> float:
        """G: by how much the validation loss fell."""
        return self.validation[0] - self.validation[-1]

    @property
    def overfitting(self) -> float:
        """O: by how much the gap between validation and training grew."""
        return (self.validation[-1] - self.train[-1]) - (self.validation[0] - self.train[0])


def blended(curves: Mapping[str, Curve]) -> dict[str, float]:
    """Weights w_k ~ G_k / O_k^2 that sum to 1 (Wang, Tran & Feiszli 2020, arXiv:1905.12681, proposition 1).

    They make the step's expected ratio of overfitting to generalization smallest, if the streams overfit independently.
    A loss in other units gets the inverse weight, so that weight x loss stays the same. What did not generalize gets
    nothing; a gap that shrank counts like one too small to see.

    Args:
        curves: By stream, and of all together, over the same epochs.

    Returns:
        By name; equal weights where nothing generalized or a loss is not finite.
    """
    raw = {name: _worth(curve) for name, curve in curves.items()}
    whole = math.fsum(raw.values())
    if not (math.isfinite(whole) and whole > 0):
        return {name: 1 / len(raw) for name in raw}
    return {name: worth / whole for name, worth in raw.items()}


def _worth(curve: Curve) -> float:
    least = LEAST_GAP * abs(curve.validation[0])
    gap = max(curve.overfitting, least)
    gain = curve.generalization
    # Comparisons with NaN are false: such a curve would pass for one that did not learn.
    if not (math.isfinite(gain) and math.isfinite(curve.overfitting)):
        return math.nan
    return gain / gap**2 if gain > 0 else 0.0
