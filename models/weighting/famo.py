"""Fast adaptive multitask optimization."""

import math

from models.weighting.allotment import allotted
from models.weighting.base import Measured, Weighting

RATE = 0.025
FORGOTTEN = 0.002
"""Share of a logit that is forgotten at every step: about 500 steps are remembered."""
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
SMALLEST = 1e-3


class Famo(Weighting):
    """w_i ~ z_i / L_i, z = softmax(x + log p), scaled to the sum of the priorities (Liu et al. 2023, arXiv:2306.03792).

    After each step the logits x descend, by Adam, along what every loss gained by it: the task whose logarithm fell
    least gains weight, so that all fall at one relative rate. A priority of 2 asks for twice that rate. Choose it when
    one loss stands still while others fall; it asks for one more forward pass, whatever the number of tasks.

    The paper's gamma, which lets the logits forget, is taken out of Adam's slope (Loshchilov & Hutter 2019,
    arXiv:1711.05101). A step gains so little that inside it even 1e-5 outweighs the gains, and on the paper's own problem
    in two parameters only 3 of 5 starts reach the front; its authors run that problem with gamma = 0
    (github.com/Cranial-XIX/FAMO, experiments/toy/run.sh). With no forgetting at all weights wander off on gains that
    are chance, and a task that was ahead for long is found too late when it falls behind.
    """

    needs_after = True

    def weights(self, measured: Measured) -> dict[str, float]:
        """Weights of this step from the logits."""
        priorities = self.importance(measured.losses)
        shares = self._softmax(priorities)
        return allotted({n: share / _above(measured.losses[n]) for n, share in shares.items()}, priorities)

    def after_step(self, before: dict[str, float], after: dict[str, float]) -> None:
        """Learn from how much the logarithm of each loss fell."""
        heard = [n for n in before if n in after and math.isfinite(before[n]) and math.isfinite(after[n])]
        priorities = {n: p for n, p in self.importance(heard).items() if p > 0}
        if not priorities:
            return
        usual = math.fsum(priorities.values()) / len(priorities)
        gains = {n: math.log(_above(before[n]) / _above(after[n])) * usual / p for n, p in priorities.items()}
        shares = self._softmax(priorities)
        mean = math.fsum(shares[n] * gains[n] for n in gains)
        for name, gain in gains.items():
            self._adam(name, shares[name] * (gain - mean))

    def _softmax(self, priorities: dict[str, float]) -> dict[str, float]:
        logits = {n: self.state.get("logits", {}).get(n, (0.0,))[0] for n in priorities}
        largest = max(logits.values(), default=0.0)
        raw = {n: p * math.exp(logits[n] - largest) for n, p in priorities.items()}
        whole = math.fsum(raw.values()) or 1.0
        return {n: value / whole for n, value in raw.items()}

    def _adam(self, name: str, slope: float) -> None:
        """One step of one logit (Kingma & Ba 2015, arXiv:1412.6980), with steps of its own: a task may be missing."""
        logit, first, second, steps = self.state.setdefault("logits", {}).get(name, [0.0, 0.0, 0.0, 0])
        steps += 1
        first = BETA_1 * first + (1 - BETA_1) * slope
        second = BETA_2 * second + (1 - BETA_2) * slope * slope
        root = math.sqrt(second / (1 - BETA_2**steps))
        logit -= RATE * first / (1 - BETA_1**steps) / (root + EPSILON)
        self.state["logits"][name] = [(1 - FORGOTTEN) * logit, first, second, steps]


def _above(loss: float) -> float:
    """The loss with a least value: a logarithm has no zero, and a loss that is solved must not take all weight."""
    return max(loss, SMALLEST) if math.isfinite(loss) else 1.0
