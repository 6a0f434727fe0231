"""Cross-entropy with class weights and label smoothing: the default of a class task."""

import torch
from torch import Tensor

from models.losses.base import SMOOTHING, WeighedClassLoss


def cross_entropy(outputs: Tensor, targets: Tensor, class_weights: Tensor, smoothing: float = 0.0) -> Tensor:
    """-w_y sum_k q_k log p_k with q = (1 - s) onehot(y) + s / K (Szegedy et al. 2016, arXiv:1512.00567).

    Args:
        outputs: Logits, shape (items, classes), float32.
        targets: Class indices, shape (items,), integer-valued float or int64.
        class_weights: Shape (classes,), float32.
        smoothing: Share s of the target that is spread over all classes.

    Returns:
        Nats times class weight, shape (items,), float32.
    """
    index = targets.long()
    log_p = torch.log_softmax(outputs, dim=1)
    own = log_p.gather(1, index[:, None]).squeeze(1)
    return -class_weights[index] * ((1 - smoothing) * own + smoothing * log_p.mean(dim=1))


class CrossEntropy(WeighedClassLoss):
    """Class-weighted and smoothed in training; its no-skill value is the prior entropy in nats."""

    def items(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """As `cross_entropy`, shape (items,)."""
        return cross_entropy(outputs, targets, self.weights, SMOOTHING)

    def plain(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Without class weights and smoothing, in nats."""
        return cross_entropy(outputs, targets, torch.ones_like(self.weights))

    def logits(self, outputs: Tensor) -> Tensor:
        """The raw answers."""
        return outputs

    def constant(self) -> Tensor:
        """The logarithm of the frequencies."""
        return torch.tensor(self.frequencies, dtype=torch.float64).clamp_min(1e-12).log()
