"""The part of the exported graph that says how unlike everything in training a part is, for every stream and in all."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.novelty.conformal import NEVER, Conformal
from models.novelty.distances import Distances

MOST_IN_TABLES = 6
"""With more streams there is no table for every set of present streams; p-values are then joined by Bonferroni."""
FUSED = "novelty"
"""Name of the joint p-value; a stream's own is `novelty:STREAM`."""


class Novelty(nn.Module):
    """P-values of the streams and of the part: small means that nothing like it was seen.

    A stream's score is the logarithm of the summed exponentials of its layers' distances, so that the strangest layer
    speaks loudest; a part's score is the same over the layers of all streams that are present. Every set of present
    streams has its own calibration, the validation items that have these streams, seen through them alone: so the joint
    p-value of a part is valid for each set by itself, and what an absent stream holds takes no part in it. A set that
    few validation items have falls back on Bonferroni, k times the smallest p-value of its k streams, which is valid
    however they depend on each other, only more timid.

    What is not found: a part each of whose windows is usual, that only their combination makes new.
    """

    tabled: Tensor
    fitted: Tensor
    powers: Tensor

    def __init__(self, streams: Sequence[str], layers: Sequence[Sequence[Distances]], scores: Tensor) -> None:
        """Calibrate.

        Args:
            streams: Names in the order of the presence mask.
            layers: By stream, the distances in each of its layers; none where training had too few windows.
            scores: Of validation items by stream as `strangeness` gives them, shape (items, streams); NEVER where absent.
        """
        super().__init__()
        self.streams = tuple(streams)
        self.layers = nn.ModuleList(nn.ModuleList(found) for found in layers)
        there = scores > NEVER / 2
        self.single = Conformal([scores[there[:, s], s] for s in range(len(streams))])
        tables = [self._table(scores, there, number) for number in range(self._sets())]
        self.fused = Conformal(tables)
        self.register_buffer("tabled", torch.tensor([self._finer(number) for number in range(self._sets())]))
        self.register_buffer("fitted", torch.tensor([len(found) > 0 for found in layers]))
        self.register_buffer("powers", torch.tensor([2**s if self._sets() > 1 else 0 for s in range(len(streams))]))

    @property
    def names(self) -> list[str]:
        """Names of the outputs, in order."""
        return [FUSED, *(f"{FUSED}:{stream}" for stream in self.streams)]

    @property
    def smallest(self) -> float:
        """The smallest p-value that a part with every stream can get."""
        fitted = [s for s, found in enumerate(self._found()) if found]
        whole = sum(int(self.powers[s]) for s in fitted)
        if self.tabled[whole]:
            return self.fused.smallest(whole)
        return min((len(fitted) * self.single.smallest(s) for s in fitted), default=1.0)

    def forward(self, seen: Sequence[Sequence[Tensor]], presence: Tensor) -> list[Tensor]:
        """All p-values in the order of `names`, each of shape (batch, 1); 1 for a stream that is absent.

        Args:
            seen: By stream, rows of each of its layers; those of absent streams hold anything finite.
            presence: Shape (batch, streams), bool.
        """
        here = presence & self.fitted
        scores = torch.cat([strangeness(found, rows) for found, rows in zip(self._found(), seen, strict=True)], dim=1)
        scores = torch.where(here, scores, torch.full_like(scores, NEVER))
        singles = torch.where(here, self.single.every(scores), torch.ones_like(scores))
        alone = [singles[:, s : s + 1] for s in range(len(self.streams))]
        return [self._joined(scores, singles, here), *alone]

    def _joined(self, scores: Tensor, singles: Tensor, here: Tensor) -> Tensor:
        number = (here.to(torch.int64) * self.powers).sum(dim=1)
        conformal: Tensor = self.fused(torch.logsumexp(scores, dim=1, keepdim=True), number)
        count = here.to(singles.dtype).sum(dim=1, keepdim=True).clamp_min(1.0)
        bonferroni = (singles.amin(dim=1, keepdim=True) * count).clamp_max(1.0)
        return torch.where(self.tabled.index_select(0, number)[:, None], conformal, bonferroni)

    def _found(self) -> list[list[nn.Module]]:
        """The distances of every stream."""
        return [list(found.children()) for found in self.layers]

    def _sets(self) -> int:
        """Sets of streams that have a table, the empty one first."""
        return 2 ** len(self.streams) if len(self.streams) <= MOST_IN_TABLES else 1

    def _members(self, number: int) -> list[int]:
        return [s for s in range(len(self.streams)) if number >> s & 1]

    def _table(self, scores: Tensor, there: Tensor, number: int) -> Tensor:
        """Joint scores of the validation items that have all streams of a set, shape (items,)."""
        members = self._members(number)
        if not members:
            return scores.new_empty(0)
        whole = there[:, members].all(dim=1)
        return torch.logsumexp(scores[whole][:, members], dim=1)

    def _finer(self, number: int) -> bool:
        """Whether a set's own table reaches smaller p-values than Bonferroni over its streams; counts alone decide."""
        members = self._members(number)
        if not members:
            return False
        return self.fused.smallest(number) <= len(members) * min(self.single.smallest(s) for s in members)


def strangeness(layers: Sequence[nn.Module], seen: Sequence[Tensor]) -> Tensor:
    """Score of one stream's windows.

    Args:
        layers: The distances in each of its layers.
        seen: Rows of each of its layers, shape (batch, width of the layer).

    Returns:
        Shape (batch, 1); NEVER for a stream that could not be fitted.
    """
    if not layers:
        return torch.full_like(seen[0][:, :1], NEVER)
    found = [layer(rows) for layer, rows in zip(layers, seen, strict=True)]
    return torch.logsumexp(torch.cat(found, dim=1), dim=1, keepdim=True)
