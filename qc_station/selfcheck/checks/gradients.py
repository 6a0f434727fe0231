"""Gradients of the losses against closed forms, and against differences where there is none."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from models.losses import loss_class, loss_for, names
from models.losses.cross_entropy import cross_entropy
from models.losses.squared import squared
from qc_station.selfcheck.measurement import Measurement
from qc_station.selfcheck.precision import double_precision, farthest

STEP = 1e-6
ITEMS = 12


def measure() -> Iterator[Measurement]:
    """Closed forms to rounding, differences to what a difference can say."""
    with double_precision():
        yield _softmax_minus_target()
        yield _least_squares()
        for name in names():
            yield _by_differences(name)


def _softmax_minus_target() -> Measurement:
    logits, classes = torch.randn(ITEMS, 4, requires_grad=True), torch.randint(4, (ITEMS,))
    losses = cross_entropy(logits, classes, torch.ones(4))
    (found,) = torch.autograd.grad(losses.sum(), logits)
    wanted = torch.softmax(logits.detach(), dim=1) - torch.nn.functional.one_hot(classes, 4)
    return Measurement(name="cross-entropy against softmax - target", error=farthest(found, wanted), bound=1e-13)


def _least_squares() -> Measurement:
    design, answers, weights = torch.randn(ITEMS, 3), torch.randn(ITEMS), torch.randn(3, requires_grad=True)
    (found,) = torch.autograd.grad(squared((design @ weights)[:, None], answers).sum(), weights)
    wanted = 2 * design.T @ (design @ weights.detach() - answers)
    return Measurement(name="squared residual against 2 X'(Xw - y)", error=farthest(found, wanted), bound=1e-13)


def _by_differences(name: str) -> Measurement:
    values = loss_class(name).of_values
    loss = loss_for(name, 0, (0.0, 1.0)) if values else loss_for(name, 2, (0.7, 0.3))
    targets = torch.randn(ITEMS) if values else torch.randint(2, (ITEMS,)).to(torch.get_default_dtype())
    answers = torch.randn(ITEMS, loss.outputs, requires_grad=True)
    (found,) = torch.autograd.grad(loss.items(answers, targets).sum(), answers)
    wanted = torch.stack([_slope(answers.detach(), targets, loss.items, column) for column in range(loss.outputs)], 1)
    return Measurement(name=f"loss {name} against differences", error=farthest(found, wanted), bound=1e-7)


def _slope(answers: Tensor, targets: Tensor, losses: Callable[[Tensor, Tensor], Tensor], column: int) -> Tensor:
    """Central difference of every item's loss by one of its answers; an item's loss is its own."""
    step = torch.zeros_like(answers)
    step[:, column] = STEP
    return (losses(answers + step, targets) - losses(answers - step, targets)) / (2 * STEP)
