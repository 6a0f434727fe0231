"""Weights that the validation fold chooses."""

import math

from models.weighting.allotment import allotted
from models.weighting.base import Measured, Outlook, Weighting

RATE = 0.12
"""Of the exponent at first, for a slope as large as they have been."""
SETTLING = 100
"""Updates after which the rate is half of that."""
MEMORY = 0.9
"""Of the running means, so that about 19 slopes speak at a time."""
STEEPEST = 3.0
"""No slope counts more than so many times the largest that is usual."""


class SelfTuning(Weighting):
    """w_i <- w_i exp(-a_t c_i h_i / |h|), same sum as the priorities: exponentiated gradient (Kivinen & Warmuth 1997).

    h_i is the exact slope of the validation loss by the weight of one step (`models.hypergradient`; Franceschi et al.
    2017, arXiv:1703.01785), asked for every 20 steps and held against the mean over the tasks; its running mean counts
    over |h|, the largest root mean square of all so far. c_i = 1 - (standard error / mean)^2, at least 0, keeps out what
    one batch says by chance (James & Stein 1961). a_t = 0.12 / (1 + t / 100) after t updates has an endless sum and a
    finite sum of squares (Robbins & Monro 1951). A change after which the validation loss had not fallen at the next
    look is taken back.

    What slopes say by chance of the fold's items is the same at every look, so that no mean over looks takes it out.
    Once a task is learnt little else is left: counted over the slopes of the day and at one rate, it made the weights
    wander off. Hence |h| remembers how much the weights mattered before, and a_t falls.

    Priorities are where it starts and what the validation loss counts by. So a task of pure noise keeps some weight for
    as long as its head answers worse than no skill: unlearning that helps. Where heads begin without skill, noise falls
    below 0.05 in 300 updates and stays there in 23 of 24 drawings of 64 training and 64 validation items; in the last
    one the two folds agree by chance. A task that was left behind early is slow to come back. Choose it when some task
    may be noise or there to help only, and validation items are many: a small fold is learnt by heart like any other.
    """

    tune_every = 20

    def weights(self, measured: Measured) -> dict[str, float]:
        """The tuned weights of the tasks of this step, with the sum of their priorities."""
        priorities = self.importance(measured.losses)
        tuned: dict[str, float] = self.state.setdefault("weights", {})
        for name, priority in priorities.items():
            tuned.setdefault(name, priority)
        return allotted({n: tuned[n] for n in priorities}, priorities)

    def tune(self, outlook: Outlook) -> None:
        """Take the last change back if it gained nothing; then change along the slopes."""
        now, before = outlook.validation_loss(), self.state.get("last", math.inf)
        tuned: dict[str, float] = self.state.get("weights", {})
        if not math.isfinite(now) or not tuned:
            return
        if now >= before:
            tuned = dict(self.state["kept"])
            self.state["reverted"] = self.state.get("reverted", 0) + 1
        self.state |= {"last": now, "kept": dict(tuned), "weights": tuned}
        slopes = outlook.hypergradient({n: w for n, w in tuned.items() if w > 0})
        if slopes and all(math.isfinite(h) for h in slopes.values()):
            self.state["weights"] = self._moved(tuned, slopes)

    def _moved(self, tuned: dict[str, float], slopes: dict[str, float]) -> dict[str, float]:
        """Exponentiated gradient; a task without a slope keeps its weight but for the common scale."""
        means, squares = self._remembered(slopes)
        usual = math.sqrt(math.fsum(squares.values()) / len(squares))
        largest = self.state["largest"] = max(usual, self.state.get("largest", 0.0))
        rate = RATE / (1 + self.state["times"] / SETTLING)
        shares = dict(tuned)
        for name, mean in means.items():
            shares[name] *= math.exp(-rate * mean / (largest or 1.0) * self._sure(mean, squares[name]))
        return allotted(shares, self.importance(tuned))

    def _remembered(self, slopes: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
        """Running mean and mean square of each slope against the others, corrected for their start (arXiv:1412.6980)."""
        self.state["times"] = self.state.get("times", 0) + 1
        whole = 1 - MEMORY ** self.state["times"]
        centre = math.fsum(slopes.values()) / len(slopes)
        # One batch gone wrong must not make all that follow look small.
        most = STEEPEST * self.state["largest"] if self.state.get("largest") else math.inf
        beside = {n: max(-most, min(most, slope - centre)) for n, slope in slopes.items()}
        found: list[dict[str, float]] = []
        for kind, power in (("means", 1), ("squares", 2)):
            running: dict[str, float] = self.state.setdefault(kind, {})
            for name, slope in beside.items():
                running[name] = MEMORY * running.get(name, 0.0) + (1 - MEMORY) * slope**power
            found.append({n: running[n] / whole for n in slopes})
        return found[0], found[1]

    def _sure(self, mean: float, square: float) -> float:
        """Share of a mean that chance does not explain, by the number of slopes that a running mean is worth."""
        left = MEMORY ** self.state["times"]
        count = (1 + MEMORY) / (1 - MEMORY) * (1 - left) / (1 + left)
        return max(0.0, 1 - square / count / (mean * mean)) if mean * mean > 0 else 0.0
