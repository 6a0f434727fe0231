"""Squared residual near zero, absolute beyond: a wrong severity label pulls with bounded force."""

from torch import Tensor


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
