"""Agreement between two streams of the same part, contrasted with parts that are known to be another kind. Off by default.

It is a statistic of the forward batch: accumulated batches, and the shares of several processes, are contrasted each
within itself, so that unlike every other loss it depends on how a step is cut. It serves streams that show the same
defects; where each has its own, what one shows is no reason for the other to change.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, permutations

import torch
from torch import Tensor
from torch.nn.functional import normalize, softplus

from models.injection import Batch
from models.network import MultimodalNetwork
from models.tasks import Task

SHARPNESS = 10.0
"""Factor on the cosine, where SigLIP's temperature begins."""


def agreement(first: Tensor, second: Tensor, different: Tensor) -> Tensor:
    """Pairwise sigmoid loss of two sets of vectors (SigLIP; Zhai et al. 2023, arXiv:2303.15343), balanced.

    softplus(-t s_ii) + mean over the different j of (softplus(t s_ij) + softplus(t s_ji)) / 2, over 2 log 2, with s the
    cosine and t = SHARPNESS. A sigmoid needs no sum over the batch as a softmax does; the mean over negatives in the
    place of SigLIP's sum and its learnt bias makes the value the same for small batches and large ones.

    Args:
        first: One stream's features, shape (items, width).
        second: The other's, same shape.
        different: Which items are known to be of another kind, shape (items, items), bool, symmetric.

    Returns:
        1 where nothing agrees with anything, shape (items,); meaningless for an item without a different one.
    """
    closeness = SHARPNESS * normalize(first, dim=1) @ normalize(second, dim=1).T
    apart = (softplus(closeness) + softplus(closeness.T)) / 2 * different
    mean = apart.sum(dim=1) / different.sum(dim=1).clamp_min(1)
    return (softplus(-closeness.diagonal()) + mean) / (2 * math.log(2))


def known_different(targets: Sequence[Tensor]) -> Tensor:
    """Pairs of items that a label tells apart, shape (items, items), bool.

    On a line most parts are alike: a part without a label, or of the same class, is no counterexample to another.

    Args:
        targets: Class indices by task, shape (items,), NaN where unknown.
    """
    # A comparison with NaN is never true, so that what is unknown tells nothing apart.
    found = [(t[:, None] < t[None, :]) | (t[:, None] > t[None, :]) for t in targets]
    return torch.stack(found).any(dim=0)


class Agreement:
    """A further term of the total: the features of two streams over the items that have both and a counterexample."""

    def __init__(self, pair: tuple[str, str], streams: Sequence[str], tasks: Sequence[Task], weight: float) -> None:
        """Prepare the term.

        Args:
            pair: Two different streams.
            streams: All streams in the network's order.
            tasks: The network's tasks; classes of the whole part and of either stream tell parts apart.
            weight: Importance beside the pairs' priorities.

        Raises:
            ValueError: a weight under 0, or no classes to contrast.
        """
        self.name, self.weight = f"agreement:{'+'.join(pair)}", weight
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"{self.name}: weight {weight}; at least 0 is allowed")
        self.columns = [list(streams).index(n) for n in pair]
        self.labels = [t.name for t in tasks if t.classes and t.stream in (None, *pair)]
        if not self.labels:
            raise ValueError(f"{self.name}: no task with classes tells parts of these streams apart")

    def count(self, batch: Batch, presence: Tensor) -> int:
        """Items that have both streams and a different item beside them in the batch."""
        return int(self._contrasted(batch, presence)[1].any(dim=1).sum())

    def total(
        self,
        network: MultimodalNetwork,  # noqa: ARG002 - what every term is given
        batch: Batch,
        presence: Tensor,
        features: Sequence[Tensor],
        answers: Mapping[str, Tensor],  # noqa: ARG002
    ) -> Tensor:
        """Sum of `agreement` over those items."""
        here, different = self._contrasted(batch, presence)
        first, second = (features[c][here] for c in self.columns)
        return agreement(first, second, different)[different.any(dim=1)].sum()

    def _contrasted(self, batch: Batch, presence: Tensor) -> tuple[Tensor, Tensor]:
        """The items with both streams, shape (items,), and which of these are different, shape (both, both)."""
        here = presence[:, self.columns].all(dim=1)
        return here, known_different([batch.targets[n][here] for n in self.labels])


def agreements(
    weights: Mapping[str, float] | float, streams: Sequence[str], tasks: Sequence[Task]
) -> tuple[Agreement, ...]:
    """The terms that a configuration asks for.

    Args:
        weights: By pair of streams "A+B", or one number that all pairs of streams share; 0 switches off.
        streams: All streams in the network's order.
        tasks: The network's tasks.

    Raises:
        ValueError: a key that is not two different streams of the network, or as `Agreement`.
    """
    if not isinstance(weights, Mapping):
        pairs = list(combinations(streams, 2))
        weights = {"+".join(pair): weights / len(pairs) for pair in pairs}
    known = {"+".join(pair): pair for pair in permutations(streams, 2)}
    unknown = sorted(set(weights) - set(known))
    if unknown:
        raise ValueError(
            f"agreement {unknown[0]!r}: two different streams joined by + are needed, of {', '.join(streams)}"
        )
    terms = [Agreement(known[name], streams, tasks, weight) for name, weight in weights.items() if weight != 0]
    return tuple(terms)
