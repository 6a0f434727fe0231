"""From scores to a verdict: costs set the thresholds, missing evidence never passes, what is novel is looked at.

Where an escape rate was proved (`qc_station.operating`), the thresholds of the proof stand in for those of the costs.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qc_station.novelty import strange

ROUNDING = 1e-5
"""Single-precision probabilities may sum to so much more than 1 and are still probabilities."""


class Decision(StrEnum):
    """What happens to the part."""

    PASS = "PASS"  # noqa: S105 - a decision, no password
    REJECT = "REJECT"
    REVIEW = "REVIEW"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A decision with its reason in words."""

    decision: Decision
    """PASS, REJECT or REVIEW."""
    reason: str
    """E.g. "crack 0.97; acoustic 0.99, thermal 0.12, enose absent"."""
    bad: float
    """Calibrated probability that the part is not good; NaN where no class means good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """Two thresholds on the calibrated probability of a bad part, and what was proved of them."""

    passes: float
    """PASS at or below it."""
    rejects: float
    """REJECT at or above it; REVIEW between the two."""
    promise: str
    """E.g. "escapes at most 1 % at 95 %: 0 of 312"; the reason of every verdict that passes by it ends so."""

    def __post_init__(self) -> None:
        if not self.passes < self.rejects:
            raise ValueError(f"PASS up to {self.passes} and REJECT from {self.rejects}: the first must be the smaller")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Turns the probability of a bad part into the decision of least expected cost, or that of a proved point."""

    escape: float = 10.0
    """Cost of a bad part that passes."""
    overkill: float = 1.0
    """Cost of a good part that is rejected."""
    review: float = 0.5
    """Cost of a person who has to look."""
    point: OperatingPoint | None = None
    """Thresholds instead of those of the costs; None: nothing was proved."""

    @classmethod
    def of(cls, costs: Mapping[str, float], point: OperatingPoint | None = None) -> Self:
        """The policy of a bundle's costs by name, and of what was proved for it."""
        return cls(**dict(costs), point=point)

    def decide(self, bad: float) -> Decision:
        """The decision for a part that is bad with this probability; REVIEW for a NaN."""
        if not 0 <= bad <= 1:
            return Decision.REVIEW
        if self.point is not None:
            if bad <= self.point.passes:
                return Decision.PASS
            return Decision.REJECT if bad >= self.point.rejects else Decision.REVIEW
        costs = {
            Decision.REVIEW: self.review,
            Decision.REJECT: (1 - bad) * self.overkill,
            Decision.PASS: bad * self.escape,
        }
        return min(costs, key=lambda d: costs[d])

    def thresholds(self, most: float = 1.0) -> tuple[float, float]:
        """What the costs come to: PASS at or below the first probability, REJECT at or above the second.

        The line where two expected costs are equal (Chow, IEEE Trans. Inf. Theory 16, 1970) belongs to neither.

        Args:
            most: No part may pass above it, whatever it costs.
        """
        if not self.review:
            return -1.0, 2.0
        wrong = self.escape + self.overkill
        passes = min(self.review / self.escape if self.escape else math.inf, self.overkill / wrong if wrong else 0.0)
        passes = min(math.nextafter(passes, -1), most)
        rejects = 1 - self.review / self.overkill if self.overkill else -1.0
        return passes, math.nextafter(max(rejects, passes), 2)


def judge(
    outputs: Mapping[str, NDArray[np.float32]],
    *,
    classes: tuple[str, ...],
    ok_classes: tuple[str, ...],
    streams: Mapping[str, bool],
    present: tuple[str, ...],
    policy: Policy,
    novelty_p: float = 0.0,
) -> Verdict:
    """Decide about one part.

    Args:
        outputs: Of the graph by name; `label` and `label:STREAM` are read, shape (classes,), and the p-values of novelty.
        classes: Of `label`.
        ok_classes: Those that mean a good part.
        streams: Every stream and whether it is required.
        present: Streams that took part.
        policy: What errors cost, and the proved thresholds where there are any.
        novelty_p: Largest p-value of a part that is novel: its probabilities mean nothing, so a person looks; 0 for none.
    """
    fused = outputs["label"]
    good = np.array([c in ok_classes for c in classes])
    best = int(fused.argmax())
    words = f"{classes[best]} {fused[best]:.2f}"
    if not good.any():
        return Verdict(
            decision=Decision.REVIEW, reason=f"{words}; no class of label means a good part", bad=float("nan")
        )
    bad = float(fused[~good].sum(dtype=np.float64))
    if 1.0 < bad < 1.0 + ROUNDING:
        bad = 1.0
    decision = policy.decide(bad)
    if decision is Decision.REJECT and good[best]:
        # Several kinds of defects together: the likeliest class alone would read like a reason to pass.
        words = f"not good {bad:.2f}, most of it {_likeliest(classes, fused, ~good)}"
    words += "; " + ", ".join(_said(outputs, s, ~good) if s in present else f"{s} absent" for s in streams)
    missing = [s for s, required in streams.items() if required and s not in present]
    if novel := strange(outputs, present, novelty_p):
        return Verdict(decision=Decision.REVIEW, reason=f"{novel}; {words}", bad=bad)
    if missing and decision is Decision.PASS:
        return Verdict(decision=Decision.REVIEW, reason=f"required {', '.join(missing)} missing; {words}", bad=bad)
    if policy.point and decision is Decision.PASS:
        words += f"; {policy.point.promise}"
    return Verdict(decision=decision, reason=words, bad=bad)


def _likeliest(classes: tuple[str, ...], fused: NDArray[np.float32], among: NDArray[np.bool_]) -> str:
    """The likeliest class among some, with its probability."""
    number = int(np.where(among, fused, -1.0).argmax())
    return f"{classes[number]} {fused[number]:.2f}"


def _said(outputs: Mapping[str, NDArray[np.float32]], stream: str, bad: NDArray[np.bool_]) -> str:
    """What a stream alone holds the chance of a bad part for."""
    return f"{stream} {float(outputs[f'label:{stream}'][bad].sum()):.2f}"
