"""The worst windows in a small box around the given ones: projected gradient ascent on the loss."""

from collections.abc import Callable

import torch
from torch import Tensor

STRIDE = 2.5
"""Sum of all steps over the radius of the box: enough to reach its border from anywhere and to walk along it."""


def projected_gradient(
    losses: Callable[[Tensor], Tensor],
    windows: Tensor,
    radius: Tensor,
    *,
    steps: int,
    random: torch.Generator,
    rails: tuple[float, float] = (-float("inf"), float("inf")),
) -> Tensor:
    """Attack windows (Madry et al. 2018, arXiv:1706.06083, in the maximum norm).

    x <- clip(x + step * sign(gradient of the loss), x0 - radius, x0 + radius), from a random point of the box. Of all
    points on the way, the given one among them, each item keeps its worst: an attack never helps.

    Args:
        losses: Windows to the loss of each item, shape (items,).
        windows: Raw windows x0, shape (items, ...), float32.
        radius: Half the width of the box, broadcastable to a window.
        steps: Gradient steps.
        random: Where the start comes from.
        rails: Lowest and highest value that a window can hold.

    Returns:
        Attacked windows, shape as given.
    """
    low, high = (windows - radius).clamp(*rails), (windows + radius).clamp(*rails)
    with torch.no_grad():
        worst, highest = windows.clone(), losses(windows)
    moved = low + (high - low) * torch.rand(windows.shape, generator=random)
    for _ in range(steps):
        moved = moved.detach().requires_grad_()
        found = losses(moved)
        (gradient,) = torch.autograd.grad(found.sum(), moved)
        worst, highest = _worse(worst, highest, moved.detach(), found.detach())
        # A root or logarithm at zero has no gradient there; such samples stay where they are.
        step = gradient.nan_to_num(0.0, 0.0, 0.0).sign() * (radius * (STRIDE / steps))
        moved = torch.minimum(torch.maximum(moved.detach() + step, low), high)
    with torch.no_grad():
        return _worse(worst, highest, moved, losses(moved))[0]


def _worse(worst: Tensor, highest: Tensor, moved: Tensor, losses: Tensor) -> tuple[Tensor, Tensor]:
    """Item by item the windows with the higher loss."""
    higher = (losses > highest).view(-1, *[1] * (worst.dim() - 1))
    return torch.where(higher, moved, worst), torch.maximum(losses, highest)
