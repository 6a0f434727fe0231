"""Squared residual: the mean of the value, and every wrong label pulls as hard as it is far."""

from torch import Tensor

from models.losses.base import ValueLoss


def squared(outputs: Tensor, targets: Tensor) -> Tensor:
    """(f - y)^2 (Gauss 1809); the gradient is 2 (f - y).

    Args:
        outputs: Standardized values f, shape (items, 1).
        targets: Standardized values y, shape (items,).

    Returns:
        In training variances, so that no skill is 1, shape (items,).
    """
    residual = outputs[:, 0] - targets
    return residual * residual


class Squared(ValueLoss):
    """Least squares."""

    def items(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """As `squared`, shape (items,)."""
        return squared(outputs, targets)
