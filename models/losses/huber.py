"""Squared residual near zero, absolute beyond: a wrong severity label pulls with bounded force. The default of a value."""

from torch import Tensor

from models.losses.base import ValueLoss


def huber(outputs: Tensor, targets: Tensor, delta: float = 1.0) -> Tensor:
    """r^2 for |r| <= delta, else 2 delta |r| - delta^2 (Huber 1964, twice its usual scale so that no skill is 1).

    Args:
        outputs: Standardized values, shape (items, 1), float32.
        targets: Standardized values, shape (items,), float32.
        delta: Where the parabola ends, in standard deviations.

    Returns:
        Shape (items,), float32.
    """
    residual = (outputs[:, 0] - targets).abs()
    near = residual.clamp_max(delta)
    return near * near + 2 * delta * (residual - near)


class Huber(ValueLoss):
    """With the border at one standard deviation, where a value that never moves stands: no skill is 1."""

    def items(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """As `huber`, shape (items,)."""
        return huber(outputs, targets)
