"""Two classes from one logit."""

import torch
from torch import Tensor

from models.losses.base import SMOOTHING, WeighedClassLoss


def binary(outputs: Tensor, targets: Tensor, class_weights: Tensor, smoothing: float = 0.0) -> Tensor:
    """-w_y (q log s(z) + (1 - q) log s(-z)) with s the logistic function and q = (1 - e) y + e / 2 (Cox 1958).

    Args:
        outputs: The logit z of the second class, shape (items, 1).
        targets: 0 or 1, shape (items,).
        class_weights: Shape (2,).
        smoothing: Share e of the target that is spread over both classes.

    Returns:
        Nats times class weight, shape (items,).
    """
    logit, target = outputs[:, 0], targets.to(outputs.dtype)
    smooth = (1 - smoothing) * target + smoothing / 2
    losses = torch.nn.functional.binary_cross_entropy_with_logits(logit, smooth, reduction="none")
    return class_weights[targets.long()] * losses


class Binary(WeighedClassLoss):
    """Half the outputs of a cross-entropy for the same answer; class weights and smoothing as there."""

    def __init__(self, classes: int, frequencies: tuple[float, ...]) -> None:
        super().__init__(classes, frequencies)
        if classes != 2:
            raise ValueError(f"loss 'binary' takes exactly 2 classes, not {classes}; cross_entropy takes any number")

    @property
    def outputs(self) -> int:
        """The logit of the second class."""
        return 1

    def items(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """As `binary`, shape (items,)."""
        return binary(outputs, targets, self.weights, SMOOTHING)

    def plain(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Without class weights and smoothing, in nats."""
        return binary(outputs, targets, torch.ones_like(self.weights))

    def logits(self, outputs: Tensor) -> Tensor:
        """0 for the first class, z for the second."""
        return torch.cat([torch.zeros_like(outputs), outputs], dim=1)

    def constant(self) -> Tensor:
        """Log f_1 - log f_0."""
        shares = torch.tensor(self.frequencies, dtype=torch.float64).clamp_min(1e-12).log()
        return (shares[1] - shares[0])[None]
