"""Where the tasks' gradients meet: their inner products at the features that all hidden layers share."""

from collections.abc import Sequence

import torch
from torch import Tensor


def gramian(losses: Sequence[Tensor], features: Sequence[Tensor]) -> Tensor:
    """Inner products of the losses' gradients at the features.

    A feature belongs to one item, so over batches that make one step the Gramians add up to that of the whole, provided
    every loss is divided by its count over all of them. Taking the gradient there instead of at all parameters bounds it
    from above (Sener & Koltun 2018, arXiv:1810.04650, theorem 1).

    Args:
        losses: Scalars with their graph, which is kept.
        features: By stream, shape (items, width), part of that graph.

    Returns:
        Shape (losses, losses), float64.
    """
    rows = []
    for loss in losses:
        found = torch.autograd.grad(loss, list(features), retain_graph=True, allow_unused=True)
        parts = [torch.zeros_like(f) if g is None else g for g, f in zip(found, features, strict=True)]
        rows.append(torch.cat([p.flatten() for p in parts]))
    jacobian = torch.stack(rows).double()
    return jacobian @ jacobian.T


def cosines(names: Sequence[str], products: Tensor) -> dict[str, float]:
    """Cosine of every pair of gradients by "a|b", 0 where one is zero."""
    lengths = products.diagonal().clamp_min(0).sqrt()
    scale = (lengths[:, None] * lengths[None, :]).clamp_min(1e-300)
    table = (products / scale).tolist()
    return {f"{a}|{b}": table[i][j] for i, a in enumerate(names) for j, b in enumerate(names) if i < j}


def shares(weights: dict[str, float], products: Tensor) -> dict[str, float]:
    """Share of each weight x gradient norm in their sum, in the order of `weights`."""
    lengths = products.diagonal().clamp_min(0).sqrt().tolist()
    pulls = {name: weights[name] * length for name, length in zip(weights, lengths, strict=True)}
    whole = sum(pulls.values()) or 1.0
    return {name: pull / whole for name, pull in pulls.items()}
