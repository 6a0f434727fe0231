"""Focal loss: what is already easy hardly counts, so that rare and hard parts do."""

import torch
from torch import Tensor

from models.losses.base import WeighedClassLoss

GAMMA = 2.0
SUREST = -30.0
"""Least log of what all other classes hold together: beyond it single precision knows no difference."""


def focal(outputs: Tensor, targets: Tensor, class_weights: Tensor, gamma: float = GAMMA) -> Tensor:
    """-w_y (1 - q_y)^gamma log q_y with q the softmax of the logits (Lin et al. 2017, arXiv:1708.02002).

    Args:
        outputs: Logits, shape (items, classes).
        targets: Class indices, shape (items,).
        class_weights: Shape (classes,).
        gamma: How little an easy item counts; 0 gives the cross-entropy.

    Returns:
        Shape (items,).
    """
    index = targets.long()
    own = torch.log_softmax(outputs, dim=1).gather(1, index[:, None]).squeeze(1)
    others = log_others(outputs).gather(1, index[:, None]).squeeze(1)
    return -class_weights[index] * torch.exp(gamma * others) * own


def log_others(outputs: Tensor) -> Tensor:
    """log(1 - q_k) of every class, exact also where q_k rounds to 1; shape (items, classes)."""
    classes = outputs.shape[1]
    own = torch.eye(classes, dtype=torch.bool, device=outputs.device)
    rest = outputs[:, None, :].masked_fill(own, -torch.inf)
    return torch.logsumexp(rest, dim=2) - torch.logsumexp(outputs, dim=1, keepdim=True)


def true_logits(outputs: Tensor, gamma: float = GAMMA) -> Tensor:
    """Undo what the focal loss does to probabilities.

    Its lowest expected value is not at the true probabilities p but at a q that is less sure, with
    p_k proportional to q_k / ((1 - q_k)^gamma - gamma (1 - q_k)^(gamma - 1) q_k log q_k)
    (Charoenphakdee et al. 2021, arXiv:2011.09172).

    Args:
        outputs: Logits, shape (items, classes).
        gamma: As in training.

    Returns:
        log p up to a constant, shape (items, classes).
    """
    log_q = torch.log_softmax(outputs, dim=1)
    others = log_others(outputs).clamp_min(SUREST)
    slope = (gamma - 1) * others + torch.log(torch.exp(others) - gamma * torch.exp(log_q) * log_q)
    return log_q - slope


class Focal(WeighedClassLoss):
    """With the class weights of the cross-entropy in the place of alpha.

    They shift the logits as there: at the lowest expected loss q answers to w p, as derived for `true_logits`.
    """

    def items(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """As `focal`, shape (items,)."""
        return focal(outputs, targets, self.weights)

    def plain(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Without class weights."""
        return focal(outputs, targets, torch.ones_like(self.weights))

    def logits(self, outputs: Tensor) -> Tensor:
        """As `true_logits`."""
        return true_logits(outputs)
