"""Stage 3 at work: from the answers of the heads to a sum and a count for every input-output pair."""

from dataclasses import dataclass

from torch import Tensor

from models.losses.base import Loss
from models.network import MultimodalNetwork
from models.tasks import Task

SINGLE_SHARE = 0.5
"""What the single streams' answers to a part-level task weigh together, relative to the joint answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One input-output pair: a head with what it is held against."""

    output: str
    """Name of the head."""
    task: Task
    """What it answers."""
    stream: int | None
    """Column of the presence mask that it needs; None: any stream."""
    weight: float
    """Priority: the task's weight, shared out among its heads."""
    loss: Loss
    """What it is held against with."""

    def shown(self, normalized: float, validation: bool = False) -> float:
        """A normalized loss as people know it: in nats (focal and ordinal in their own sum of them), or the value's unit squared.

        Args:
            normalized: Mean of `pair_losses`, or of `validation_losses`.
            validation: Which of the two; they differ where a loss is not judged by itself, as the focal one.
        """
        return normalized * (self.loss.judged_no_skill if validation else self.loss.no_skill) * self.loss.unit


def pairs_of(network: MultimodalNetwork) -> tuple[Pair, ...]:
    """Every input-output pair of a network, in an order that does not depend on that of its tasks."""
    found = []
    for task in network.ranked:
        for output, stream in network.pairs(task):
            single = task.stream is None and stream is not None
            share = SINGLE_SHARE / len(network.streams) if single else 1.0
            column = None if stream is None else network.streams.index(stream)
            weight = task.weight * share
            found.append(Pair(output=output, task=task, stream=column, weight=weight, loss=task.criterion))
    return tuple(found)


def eligible(pair: Pair, targets: dict[str, Tensor], presence: Tensor) -> Tensor:
    """Which items have this pair, shape (items,), bool."""
    known = ~targets[pair.task.name].isnan()
    there = presence.any(dim=1) if pair.stream is None else presence[:, pair.stream]
    return known & there


def pair_losses(pair: Pair, answers: Tensor, targets: Tensor) -> Tensor:
    """Normalized loss of each item, 1 for no skill, shape (items,).

    Args:
        pair: Whose head answered.
        answers: Raw answers of the items that have the pair, shape (items, outputs).
        targets: Class indices or standardized values, shape (items,).
    """
    return pair.loss.items(answers, targets) / pair.loss.no_skill
