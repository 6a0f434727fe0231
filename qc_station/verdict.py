"""From scores to a verdict: costs set the thresholds, missing evidence never passes, what is novel is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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
class Policy:
    """Turns the probability of a bad part into the decision of least expected cost."""

    escape: float = 10.0
    """Cost of a bad part that passes."""
    overkill: float = 1.0
    """Cost of a good part that is rejected."""
    review: float = 0.5
    """Cost of a person who has to look."""

    def decide(self, bad: float) -> Decision:
        """The cheapest decision for a part that is bad with this probability; REVIEW for a NaN."""
        if not 0 <= bad <= 1:
            return Decision.REVIEW
        costs = {
            Decision.REVIEW: self.review,
            Decision.REJECT: (1 - bad) * self.overkill,
            Decision.PASS: bad * self.escape,
        }
        return min(costs, key=lambda d: costs[d])


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
        policy: What errors cost.
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
    words += "; " + ", ".join(_said(outputs, s, ~good) if s in present else f"{s} absent" for s in streams)
    missing = [s for s, required in streams.items() if required and s not in present]
    decision = policy.decide(bad)
    if novel := strange(outputs, present, novelty_p):
        return Verdict(decision=Decision.REVIEW, reason=f"{novel}; {words}", bad=bad)
    if missing and decision is Decision.PASS:
        return Verdict(decision=Decision.REVIEW, reason=f"required {', '.join(missing)} missing; {words}", bad=bad)
    return Verdict(decision=decision, reason=words, bad=bad)


def _said(outputs: Mapping[str, NDArray[np.float32]], stream: str, bad: NDArray[np.bool_]) -> str:
    """What a stream alone holds the chance of a bad part for."""
    return f"{stream} {float(outputs[f'label:{stream}'][bad].sum()):.2f}"
