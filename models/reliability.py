"""How much an item's term counts: its own weight and the quality of the windows that the answer looks at.

A loss becomes the weighted mean sum(r l) / sum(r) over items. That r is the item's weight times the quality of its
window, or for the joint answer their mean, is a rule of our own.
"""

import torch
from torch import Tensor

from models.discrepancy import Pair
from models.injection import Batch

OWN = ""
"""Key of the item's own weight among a batch's weights."""


def reliability(pair: Pair, batch: Batch, presence: Tensor, streams: tuple[str, ...]) -> Tensor | None:
    """Weight of every item in one pair's loss.

    The single stream's answer counts by the quality of its window; the joint answer by the mean quality of the streams
    that are there, so that an obscured sensor teaches less and the clear ones beside it as much as before.

    Args:
        pair: The input-output pair.
        batch: The items.
        presence: Which streams count, shape (items, streams), bool.
        streams: Their names.

    Returns:
        Shape (items,), float32; None where every item counts as one.
    """
    if not batch.weights:
        return None
    one = torch.ones(batch.size)
    own = batch.weights.get(OWN, one)
    if pair.stream is not None:
        return own * batch.weights.get(streams[pair.stream], one)
    here = presence.to(one.dtype)
    quality = torch.stack([batch.weights.get(name, one) for name in streams], dim=1)
    return own * (quality * here).sum(dim=1) / here.sum(dim=1).clamp_min(1.0)
