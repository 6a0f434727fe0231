"""Grades in order: to miss by two grades costs about twice as much as to miss by one."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, softplus

from models.losses.base import FAINTEST, ClassLoss

GAP = 1e-3
"""Least distance between two thresholds, in logits: every grade keeps a probability that a logarithm can be taken of."""


def thresholds(outputs: Tensor) -> Tensor:
    """Cumulative logits: the logistic function of the k-th is the probability that the grade is above k.

    The first is free and every further one is lower by softplus, so that they never cross (the ordered thresholds of
    McCullagh 1980, here free for every item).

    Args:
        outputs: Shape (items, grades - 1).

    Returns:
        Falling from left to right, shape (items, grades - 1).
    """
    return torch.cat([outputs[:, :1], outputs[:, :1] - steps(outputs).cumsum(dim=1)], dim=1)


def steps(outputs: Tensor) -> Tensor:
    """Distances between neighbouring thresholds, shape (items, grades - 2)."""
    return softplus(outputs[:, 1:]) + GAP


def ordinal(outputs: Tensor, targets: Tensor) -> Tensor:
    """Sum over k of the binary cross-entropy of "the grade is above k" (Cao et al. 2020, arXiv:1901.07884).

    Args:
        outputs: Shape (items, grades - 1).
        targets: Grades from 0, shape (items,).

    Returns:
        Nats, summed over the grades - 1 questions, shape (items,).
    """
    cuts = thresholds(outputs)
    above = (targets[:, None] > torch.arange(cuts.shape[1], device=targets.device)).to(outputs.dtype)
    return binary_cross_entropy_with_logits(cuts, above, reduction="none").sum(dim=1)


class Ordinal(ClassLoss):
    """A proper score of the cumulative distribution, on thresholds that keep their order.

    The classes must come in the order of the grades.
    """

    @property
    def outputs(self) -> int:
        """The first threshold and the distances of the others."""
        return self.classes - 1

    def items(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """As `ordinal`, shape (items,)."""
        return ordinal(outputs, targets)

    def logits(self, outputs: Tensor) -> Tensor:
        """Log-probability of each grade: s(a) - s(b) = s(a) s(-b) (1 - exp(b - a)) for neighbouring thresholds a > b."""
        cuts = thresholds(outputs)
        above, below = logsigmoid(cuts), logsigmoid(-cuts)
        between = above[:, :-1] + below[:, 1:] + torch.log(1 - torch.exp(-steps(outputs)))
        return torch.cat([below[:, :1], between, above[:, -1:]], dim=1)

    def judged(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The same questions asked of finished probabilities."""
        log_p = torch.log_softmax(logits, dim=1)
        up_to = log_p.logcumsumexp(dim=1)[:, :-1]
        over = log_p.flip(1).logcumsumexp(dim=1).flip(1)[:, 1:]
        above = targets[:, None] > torch.arange(self.classes - 1)
        return -torch.where(above, over, up_to).sum(dim=1)

    def constant(self) -> Tensor:
        """The log odds of "above k" in training, as a first threshold and distances."""
        shares = torch.tensor(self.frequencies, dtype=torch.float64).clamp_min(FAINTEST * 1e-9)
        up_to = shares.cumsum(dim=0)[:-1]
        cuts = (shares.flip(0).cumsum(dim=0).flip(0)[1:] / up_to).log()
        gaps = (cuts[:-1] - cuts[1:] - GAP).clamp_min(1e-9)
        return torch.cat([cuts[:1], gaps.expm1().log()])
