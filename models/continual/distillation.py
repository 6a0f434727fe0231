"""A term of the total that holds answers on replayed items to the champion's: learning without forgetting."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from models.continual.replay import REPLAYED
from models.discrepancy import Pair, pairs_of
from models.injection import Batch
from models.losses.base import RAREST, ClassLoss, Loss
from models.network import MultimodalNetwork
from models.tasks import Task

TEMPERATURE = 2.0
WEIGHT = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One answer of the champion and what it is held against."""

    pair: Pair
    """The champion's."""
    loss: Loss
    """Of the same task now, with its frequencies."""
    rows: Tensor
    """Where the champion's classes stand among the classes now, int64; of no use for a value."""


class Distillation:
    """Divergence of the answers from those of the champion (Li and Hoiem 2017, arXiv:1606.09282, on replayed items).

    For classes T^2 KL(champion || network) of distributions at temperature T (Hinton et al. 2015, arXiv:1503.02531) over
    the classes that the champion knows; for a value the squared difference. Each is divided by its no-skill loss and
    weighed by the priority of its pair, so that the term counts beside them. What is compared are likelihoods: class
    weights and frequencies, which belong to the items at hand, are taken out of both answers.
    """

    name = "distillation"

    def __init__(
        self,
        champion: MultimodalNetwork,
        streams: Sequence[str],
        tasks: Sequence[Task],
        weight: float = WEIGHT,
        temperature: float = TEMPERATURE,
    ) -> None:
        """Keep a copy of the champion.

        Args:
            champion: Whose answers are held.
            streams: Those of the network that learns, in its order; the champion's among them.
            tasks: Its tasks; the champion's among them.
            weight: Importance beside the pairs' priorities.
            temperature: Over 0; the higher, the more the answers that are not the first count.

        Raises:
            ValueError: a temperature that is none.
        """
        if temperature <= 0:
            raise ValueError(f"distillation temperature {temperature} must be greater than 0")
        self.weight, self.temperature = weight, temperature
        self.champion = deepcopy(champion).eval().requires_grad_(False)
        self._columns = [list(streams).index(name) for name in champion.streams]
        after = {task.name: task for task in tasks}
        self._compared = [_comparison(pair, after[pair.task.name]) for pair in pairs_of(champion)]

    def count(self, batch: Batch, presence: Tensor) -> int:
        """Replayed items that have a stream that the champion knows."""
        return int(self._here(batch, presence).sum())

    def total(
        self,
        network: MultimodalNetwork,  # noqa: ARG002 - a term is told all that is known
        batch: Batch,
        presence: Tensor,
        features: Sequence[Tensor],  # noqa: ARG002
        answers: Mapping[str, Tensor],
    ) -> Tensor:
        """Sum over those items, a scalar; all pairs of an item count together as one."""
        here = self._here(batch, presence)
        items = torch.nonzero(here)[:, 0]
        known = presence[items][:, self._columns]
        with torch.no_grad():
            wanted = self.champion.answer(self.champion.advance(self.champion.encode(_some(batch, here)), known))
        sums = []
        for compared in self._compared:
            pair = compared.pair
            there = known.any(dim=1) if pair.stream is None else known[:, pair.stream]
            ours, theirs = answers[pair.output][items[there]], wanted[pair.output][there]
            apart = divergence(compared, ours, theirs, self.temperature)
            sums.append(pair.weight / pair.loss.no_skill * apart.sum())
        return torch.stack(sums).sum()

    def _here(self, batch: Batch, presence: Tensor) -> Tensor:
        replayed = batch.targets.get(REPLAYED)
        if replayed is None:
            return torch.zeros(batch.size, dtype=torch.bool)
        return ~replayed.isnan() & presence[:, self._columns].any(dim=1)


def divergence(compared: Comparison, answers: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """How far each answer is from the champion's, as `Distillation` says; not normalized.

    Args:
        compared: What answers are held against.
        answers: Raw answers of the network that learns, shape (items, outputs).
        wanted: Those of the champion, shape (items, its outputs).
        temperature: T, over 0.

    Returns:
        Shape (items,).
    """
    before, now = compared.pair.loss, compared.loss
    if not isinstance(before, ClassLoss) or not isinstance(now, ClassLoss):
        return (answers - wanted).square()[:, 0]
    theirs = log_softmax(likelihoods(before, wanted) / temperature, dim=1)
    ours = log_softmax(likelihoods(now, answers)[:, compared.rows] / temperature, dim=1)
    return temperature**2 * kl_div(ours, theirs, reduction="none", log_target=True).sum(dim=1)


def likelihoods(loss: ClassLoss, answers: Tensor) -> Tensor:
    """Log p(part | class) up to a constant of the part, shape (items, classes): the answer without weights and prior."""
    priors = torch.tensor(loss.frequencies).clamp_min(RAREST).log()
    return loss.logits(answers) - loss.shift - priors


def _comparison(pair: Pair, task: Task) -> Comparison:
    rows = torch.tensor([task.classes.index(name) for name in pair.task.classes], dtype=torch.int64)
    return Comparison(pair=pair, loss=task.criterion, rows=rows)


def _some(batch: Batch, here: Tensor) -> Batch:
    """Some items as a batch of their own, without what is known about them."""
    number = here.cumsum(dim=0) - 1
    inside = {name: here[places] for name, places in batch.places.items()}
    return Batch(
        size=int(here.sum()),
        windows={name: windows[inside[name]] for name, windows in batch.windows.items()},
        places={name: number[places[inside[name]]] for name, places in batch.places.items()},
        targets={},
    )
