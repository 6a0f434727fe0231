"""Elastic weight consolidation: parameters that the champion's answers hang on are held where they are."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from models.continual.places import Place, places
from models.discrepancy import Pair, pairs_of
from models.injection import Batch, Dataset, in_order
from models.losses.base import ClassLoss
from models.network import MultimodalNetwork

CHUNK = 16
"""Items whose gradients are held at a time; memory grows with it, the result does not change."""


class Elastic:
    """1/2 sum_k F_k (theta_k - theta*_k)^2 (Kirkpatrick et al. 2017, arXiv:1612.00796), a penalty that no item has.

    New rows, heads and neurons are free.
    """

    name = "ewc"

    def __init__(self, champion: MultimodalNetwork, importance: Mapping[str, Tensor], weight: float = 1.0) -> None:
        """Hold on to a champion.

        Args:
            champion: Whose parameters are theta*.
            importance: F by parameter, see `fisher`.
            weight: Importance beside the pairs' priorities; with the ratio of old to new items it is Laplace's
                approximation of having both.
        """
        self.weight, self.champion = weight, champion
        self.anchors = {name: p.detach().clone() for name, p in champion.named_parameters()}
        self.importance = dict(importance)
        self._where: dict[str, Place] | None = None

    def count(self, batch: Batch, presence: Tensor) -> int:  # noqa: ARG002 - a term is told all that is known
        """Every item."""
        return batch.size

    def total(
        self,
        network: MultimodalNetwork,
        batch: Batch,
        presence: Tensor,  # noqa: ARG002
        features: Sequence[Tensor],  # noqa: ARG002
        answers: Mapping[str, Tensor],  # noqa: ARG002
    ) -> Tensor:
        """The penalty times the number of items, a scalar."""
        return batch.size * self.penalty(network)

    def penalty(self, network: MultimodalNetwork) -> Tensor:
        """How far the champion's parameters have been moved, each by its importance; 0 where none was."""
        self._where = self._where or places(self.champion, network)
        now = dict(network.named_parameters())
        sums = []
        for name, anchor in self.anchors.items():
            place = self._where[name]
            sums.append((self.importance[name] * (place.taken(now[place.name]) - anchor).square()).sum())
        return 0.5 * torch.stack(sums).sum()


def fisher(network: MultimodalNetwork, data: Dataset, *, chunk: int = CHUNK, seed: int = 0) -> dict[str, Tensor]:
    """Diagonal of the Fisher information of the cumulative loss, from the gradient of every single item.

    F = 1/N sum_x (d/d theta sum_p sqrt(w_p / l_p) log p(y_p | x))^2 with y_p drawn from the network's own answer of pair
    p, w_p its priority and l_p its no-skill loss. Draws of two pairs are independent, so that the expected square of the
    sum is the sum of the pairs' Fisher information. With drawn classes it is that, not the "empirical" one of the labels,
    which vanishes with the training loss (Kunstner et al. 2019, arXiv:1905.12558). A value is answered by a normal
    distribution of standard deviation 1 around it.

    Args:
        network: Its parameters are not changed.
        data: Items; labels are not needed.
        chunk: Items whose gradients are held at a time.
        seed: Of the draws: item by item, so that they do not depend on the chunk.

    Returns:
        By parameter, of its shape and dtype.

    Raises:
        ValueError: no items.
    """
    if not len(data):
        raise ValueError("no items to measure the Fisher information on")
    was_training = network.training
    model = Likelihood(network.eval())
    params = {name: p.detach() for name, p in network.named_parameters()}
    totals = {name: torch.zeros_like(p) for name, p in params.items()}
    random = np.random.default_rng(seed)
    gradients = vmap(grad(_of_one(model)), in_dims=(None, 0, 0, 0))
    for batch in in_order(data, chunk):
        windows, here = model.spread(batch)
        draws = torch.from_numpy(random.random((batch.size, len(model.pairs)))).to(windows[0].dtype)
        for name, found in gradients(params, windows, here, draws).items():
            totals[name] += found.square().sum(dim=0)
    network.train(was_training)
    return {name: total / len(data) for name, total in totals.items()}


def _of_one(model: "Likelihood") -> Callable[[dict[str, Tensor], list[Tensor], Tensor, Tensor], Tensor]:
    """Log-likelihood of one item as a function of the parameters."""

    def likelihood(params: dict[str, Tensor], windows: list[Tensor], here: Tensor, draws: Tensor) -> Tensor:
        renamed = {f"network.{name}": p for name, p in params.items()}
        found: Tensor = functional_call(model, renamed, ([w[None] for w in windows], here[None], draws[None]))
        return found

    return likelihood


class Likelihood(nn.Module):
    """Weighted log-likelihood of answers that are drawn from the network itself."""

    def __init__(self, network: MultimodalNetwork) -> None:
        super().__init__()
        self.network = network
        self.pairs: tuple[Pair, ...] = pairs_of(network)
        self.shares = [(pair.weight / pair.loss.no_skill) ** 0.5 for pair in self.pairs]

    def spread(self, batch: Batch) -> tuple[list[Tensor], Tensor]:
        """Windows of every item, zero where a stream is absent, in the network's dtype; and the presence mask."""
        dtype = next(self.network.parameters()).dtype
        windows = []
        for spec in self.network.inputs:
            whole = torch.zeros(batch.size, *spec.shape, dtype=dtype)
            whole[batch.places[spec.name]] = batch.windows[spec.name].to(dtype)
            windows.append(whole)
        return windows, batch.presence(self.network.streams)

    def forward(self, windows: Sequence[Tensor], presence: Tensor, draws: Tensor) -> Tensor:
        """Sum over pairs and items of sqrt(w_p / l_p) log p(y_p | x).

        Args:
            windows: By stream in order, shape (items, *InputSpec.shape).
            presence: Shape (items, streams), bool.
            draws: Uniform in [0, 1), shape (items, pairs).
        """
        features = [self.network.encoders[n](w) for n, w in zip(self.network.streams, windows, strict=True)]
        answers = self.network.answer(self.network.advance(features, presence))
        sums = []
        for column, (pair, share) in enumerate(zip(self.pairs, self.shares, strict=True)):
            there = presence.any(dim=1) if pair.stream is None else presence[:, pair.stream]
            value = _drawn(pair, answers[pair.output], draws[:, column])
            sums.append(share * (value * there).sum())
        return torch.stack(sums).sum()


def _drawn(pair: Pair, answer: Tensor, uniform: Tensor) -> Tensor:
    """Log-probability of what the answer itself gives for a uniform number, shape (items,)."""
    if not isinstance(pair.loss, ClassLoss):
        # A deviation of 1 to either side has the score's variance exactly, whichever it is.
        sign = torch.where(uniform < 0.5, -1.0, 1.0)
        return sign * answer[:, 0]
    log_p = torch.log_softmax(pair.loss.logits(answer), dim=1)
    below = log_p.detach().exp().cumsum(dim=1) < uniform[:, None]
    index = below.sum(dim=1).clamp_max(log_p.shape[1] - 1)
    return log_p.gather(1, index[:, None])[:, 0]
