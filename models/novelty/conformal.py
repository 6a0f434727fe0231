"""From a score to a p-value, by the scores of items that nothing was learnt from."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

WIDTH = 0.1
"""How far above its own score a calibration item still counts in part, in the unit of the score."""
MOST = 1000
"""Calibration items that are kept; the smallest p-value is then 1 in 1001."""
NEVER = -1e9
"""The score of a place in the table that holds no item."""


class Conformal(nn.Module):
    """Smooth conformal p-values, one table of calibration scores for each kind of item.

    With n calibration scores s_i the p-value of a score s is (1 + sum_i r((s_i - s) / width + 1)) / (n + 1), where r is
    the ramp from 0 at 0 to 1 at 1. Where the ramp is a step this is the conformal p-value of Vovk et al. 2005 (see Bates
    et al. 2023, arXiv:2104.08279): if item and calibration items are exchangeable, P(p <= a) <= a for every a. A ramp is
    never under its step, so that the promise holds; and it is continuous, so that two libraries whose scores differ in
    the sixth digit do not give p-values that differ by 1 / n. The promise is over the draw of the calibration items too.
    """

    scores: Tensor
    counts: Tensor

    def __init__(self, tables: Sequence[Tensor]) -> None:
        """Args: tables: For each kind, scores of its calibration items, shape (items,); none makes every p-value 1."""
        super().__init__()
        kept = [thinned(table) for table in tables]
        most = max(1, *(len(table) for table in kept)) if kept else 1
        scores = torch.full((len(kept), most), NEVER)
        for row, table in zip(scores, kept, strict=True):
            row[: len(table)] = table
        self.register_buffer("scores", scores)
        self.register_buffer("counts", torch.tensor([float(len(table)) for table in kept]))

    def smallest(self, kind: int) -> float:
        """The smallest p-value that items of a kind can get: 1 over their calibration items and themselves."""
        return 1.0 / (float(self.counts[kind]) + 1.0)

    def forward(self, score: Tensor, kind: Tensor) -> Tensor:
        """P-values.

        Args:
            score: Large where strange, shape (batch, 1).
            kind: Number of each item's table, shape (batch,), int64.

        Returns:
            Shape (batch, 1), in (0, 1].
        """
        found = _smooth(score, self.scores.index_select(0, kind), self.counts.index_select(0, kind))
        return found[:, None]

    def every(self, scores: Tensor) -> Tensor:
        """P-values of a score of each kind, shape (batch, kinds) to the same."""
        return _smooth(scores[:, :, None], self.scores, self.counts)


def _smooth(score: Tensor, table: Tensor, counts: Tensor) -> Tensor:
    above = ((table - score) / WIDTH + 1.0).clamp(0.0, 1.0)
    return (1.0 + above.sum(dim=-1)) / (counts + 1.0)


def thinned(table: Tensor, most: int = MOST) -> Tensor:
    """At most so many items, taken at regular places, which no score chooses."""
    return table[:: 1 + (len(table) - 1) // most] if len(table) else table
