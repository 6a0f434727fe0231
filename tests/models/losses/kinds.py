"""A task for every loss, raw answers to it, and a loss times 1000."""

import torch

from models.losses.base import Loss
from models.tasks import Task

CLASSES = ("ok", "crack", "leak")


def task(loss: str) -> Task:
    if loss in ("huber", "squared"):
        return Task(name="severity", stream=None, classes=(), frequencies=(2.0, 0.5), loss=loss)
    if loss == "binary":
        return Task(name="label", stream=None, classes=CLASSES[:2], frequencies=(0.7, 0.3), loss=loss)
    return Task(name="label", stream=None, classes=CLASSES, frequencies=(0.6, 0.3, 0.1), loss=loss)


def answers(chosen: Task, seed: int = 0, items: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    """Raw answers and targets away from the corners of the Huber loss."""
    random = torch.Generator().manual_seed(seed)
    raw = 2 * torch.randn(items, chosen.outputs, generator=random, dtype=torch.float64)
    if chosen.classes:
        return raw, (torch.arange(items) % len(chosen.classes)).double()
    return raw, torch.zeros(items, dtype=torch.float64)


def thousandfold(loss: Loss) -> Loss:
    """The same loss times 1000."""

    class Thousandfold(type(loss)):  # type: ignore[misc]
        def items(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            return 1000 * loss.items(outputs, targets)

        def plain(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            return 1000 * loss.plain(outputs, targets)

    return Thousandfold(loss.classes, loss.frequencies)
