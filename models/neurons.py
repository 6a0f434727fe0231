"""Stage 2, advancement: hidden layers in which every neuron belongs to a set of streams."""

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor, nn

MOST_STREAMS_IN_PAIRS = 4
"""With more streams, overlapping sets join neighbours in the configured order only, so that layers do not grow quadratically."""


def neuron_sets(streams: int, dedicated: int, overlapping: int, shared: int) -> Tensor:
    """Membership of the neurons of one layer.

    Args:
        streams: Number of streams.
        dedicated: Neurons for each single stream.
        overlapping: Neurons for each pair of streams; none where a pair is already all streams.
        shared: Neurons that belong to all streams.

    Returns:
        Shape (neurons, streams), bool; True where the neuron belongs to the stream.
    """
    groups: list[tuple[tuple[int, ...], int]] = [((s,), dedicated) for s in range(streams)]
    if streams > 2:
        near = streams > MOST_STREAMS_IN_PAIRS
        pairs = zip(range(streams), range(1, streams), strict=False) if near else combinations(range(streams), 2)
        groups += [(tuple(pair), overlapping) for pair in pairs]
    groups.append((tuple(range(streams)), shared))
    rows = []
    for members, count in groups:
        row = torch.zeros(streams, dtype=torch.bool)
        row[list(members)] = True
        rows.append(row.expand(count, streams))
    return torch.cat(rows)


def routes(before: Tensor, after: Tensor) -> Tensor:
    """Which connections exist: a neuron listens to another when all the other's streams are its own.

    So nothing foreign reaches a dedicated neuron, and everything reaches a shared one.

    Args:
        before: Membership of the layer below, shape (inputs, streams), bool.
        after: Membership of this layer, shape (outputs, streams), bool.

    Returns:
        Shape (outputs, inputs), bool.
    """
    foreign = before.float() @ (~after).float().T
    return (foreign == 0).T


class RoutedLayer(nn.Module):
    """A linear layer whose weights exist only along the routes; exported as plain masked weights."""

    mask: Tensor

    def __init__(self, before: Tensor, after: Tensor) -> None:
        super().__init__()
        mask = routes(before, after)
        self.membership = after
        self.register_buffer("mask", mask.float())
        # Variance 2 / inputs (He et al. 2015, arXiv:1502.01852), by the connections that a neuron really has.
        inputs = mask.sum(dim=1, keepdim=True).clamp_min(1)
        self.weight = nn.Parameter(torch.randn(mask.shape) * (2.0 / inputs).sqrt())
        self.bias = nn.Parameter(torch.zeros(len(after)))

    def forward(self, signals: Tensor) -> Tensor:
        """Shape (batch, inputs) to (batch, outputs)."""
        return nn.functional.linear(signals, self.weight * self.mask, self.bias)


def described(membership: Tensor, streams: Sequence[str]) -> dict[str, int]:
    """Neurons by set, e.g. {"acoustic": 32, "acoustic+thermal": 16, "all": 32}."""
    table: dict[str, int] = {}
    for row in membership.tolist():
        members = [name for name, inside in zip(streams, row, strict=True) if inside]
        key = "all" if len(members) == len(streams) > 1 else "+".join(members)
        table[key] = table.get(key, 0) + 1
    return table
