"""Stage 3 at work: from the answers of the heads to a sum and a count for every input-output pair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.losses.base import RAREST, Loss, WeighedClassLoss
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
    drawn: Tensor | None = field(default=None, compare=False)
    """Added to the answers in training, shape (classes,); see `as_drawn`. None: nothing."""

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


def as_drawn(pairs: Sequence[Pair], targets: Mapping[str, NDArray[np.float32]]) -> tuple[Pair, ...]:
    """Pairs for items that were drawn by other frequencies than those of their tasks.

    In training the log of how much more often a class is drawn than expected is added to its answer (logit adjustment:
    Menon et al. 2021, arXiv:2007.07314). What the network itself says stays right for the expected frequencies, so that
    a network that knew them begins and ends with them.

    Args:
        pairs: Of a network.
        targets: Of the items that are drawn, by task: class indices, NaN where unknown, shape (items,);
            tasks that are not named stay as they are.
    """
    found = []
    for pair in pairs:
        values = targets.get(pair.task.name, np.zeros(0, np.float32))
        known = values[~np.isnan(values)].astype(np.int64)
        if isinstance(pair.loss, WeighedClassLoss) and len(known):
            counts = np.bincount(known, minlength=pair.loss.classes)
            shares = torch.tensor(counts / len(known), dtype=torch.float32).clamp_min(RAREST)
            expected = torch.tensor(pair.loss.frequencies).clamp_min(RAREST)
            pair = replace(pair, drawn=(shares / expected).log())
        found.append(pair)
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
    if pair.drawn is not None:
        answers = answers + pair.drawn
    return pair.loss.items(answers, targets) / pair.loss.no_skill
