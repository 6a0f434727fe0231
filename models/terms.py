"""Further terms of the total beside the input-output pairs: replayed answers, agreement between streams, penalties."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from torch import Tensor

from models.injection import Batch
from models.network import MultimodalNetwork


class Term(Protocol):
    """One term; the trainer adds weight x (sum of `total`) / (sum of `count`) over the batches of a step.

    Counts come before gradients, as for the pairs, so that the mean is over items however the batches are cut. A
    penalty that no item has counts every item and returns itself times their number.
    """

    name: str
    """Shown beside the pairs."""
    weight: float
    """Importance beside the pairs' priorities."""

    def count(self, batch: Batch, presence: Tensor) -> int:
        """How many items of the batch have this term."""

    def total(
        self,
        network: MultimodalNetwork,
        batch: Batch,
        presence: Tensor,
        features: Sequence[Tensor],
        answers: Mapping[str, Tensor],
    ) -> Tensor:
        """The sum over those items, a scalar with its graph."""
