"""Stage 3 at work: from the answers of the heads to a sum and a count for every input-output pair."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.losses.cross_entropy import cross_entropy
from models.losses.huber import huber
from models.network import MultimodalNetwork
from models.tasks import Task

SMOOTHING = 0.05
BALANCE = 0.2
"""Exponent of the inverse frequency in the class weights: 0 leaves rare classes to themselves, 1 makes all classes equal."""
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


def pairs_of(network: MultimodalNetwork) -> tuple[Pair, ...]:
    """Every input-output pair of a network."""
    found = []
    for task in network.tasks:
        for output, stream in network.pairs(task):
            single = task.stream is None and stream is not None
            share = SINGLE_SHARE / len(network.streams) if single else 1.0
            column = None if stream is None else network.streams.index(stream)
            found.append(Pair(output=output, task=task, stream=column, weight=task.weight * share))
    return tuple(found)


def class_weights(task: Task) -> Tensor:
    """Weight of each class, shape (classes,): a power of the inverse frequency, mean 1 over training items.

    Rare classes get a larger gradient; `class_shift` is taken back, so that probabilities stay those of the
    training frequencies.
    """
    raw = torch.tensor(task.frequencies).clamp_min(1e-4) ** -BALANCE
    return raw / (raw * torch.tensor(task.frequencies)).sum()


def class_shift(task: Task) -> Tensor:
    """What the class weights added to the logits, shape (classes,); without it they stand for the training frequencies."""
    return class_weights(task).log()


def eligible(pair: Pair, targets: dict[str, Tensor], presence: Tensor) -> Tensor:
    """Which items have this pair, shape (items,), bool."""
    known = ~targets[pair.task.name].isnan()
    there = presence.any(dim=1) if pair.stream is None else presence[:, pair.stream]
    return known & there


def pair_losses(pair: Pair, answers: Tensor, targets: Tensor) -> Tensor:
    """Normalized loss of each item, 1 for no skill, shape (items,)."""
    if not pair.task.classes:
        return huber(answers, targets)
    weights = class_weights(pair.task)
    return cross_entropy(answers, targets, weights, SMOOTHING) / pair.task.no_skill
