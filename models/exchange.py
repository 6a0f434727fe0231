"""Several processes as one: every rank draws the same batch, takes its share of the items, and adds what it found."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from models.injection import Batch
from models.shared_normalization import share_normalization


class Exchange:
    """One process alone: everything is its own. `Ranks` is the same for several."""

    first = True
    """Whether this process reports and writes files."""
    several = False
    """Whether there are other processes."""

    def share(self, batch: Batch) -> slice:
        """The items of a batch that this process takes."""
        return slice(0, batch.size)

    def add(self, values: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes."""

    def numbers(self, values: list[float]) -> list[float]:
        """Sums over all processes."""
        return values

    def agree(self, value: Any) -> Any:
        """The first process's value."""
        return value

    def same_noise(self) -> None:
        """Go on with the first process's generator."""

    def gradients(self, network: nn.Module) -> None:
        """Add up the gradients of all processes."""

    def join(self, network: nn.Module) -> None:
        """Make a network that this process trains a part of one that all train."""


class Ranks(Exchange):
    """The processes that `torchrun` started, over gloo.

    The result is that of one process to rounding, also where an encoder normalizes by its batch: statistics are taken
    over all processes, and each draws the noise of all items. Only a term that compares the items of a batch with one
    another (`losses/agreement.py`) compares those of each process by themselves.
    """

    several = True

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.first = self.rank == 0

    def share(self, batch: Batch) -> slice:
        """Neighbouring items, as even as can be."""
        return slice(batch.size * self.rank // self.size, batch.size * (self.rank + 1) // self.size)

    def add(self, values: Sequence[Tensor]) -> None:
        """In one message."""
        if not values:
            return
        flat = torch.cat([v.detach().flatten() for v in values])
        dist.all_reduce(flat)
        start = 0
        for value in values:
            value.detach().copy_(flat[start : start + value.numel()].view_as(value))
            start += value.numel()

    def numbers(self, values: list[float]) -> list[float]:
        """In float64."""
        sums = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(sums)
        found: list[float] = sums.tolist()
        return found

    def agree(self, value: Any) -> Any:
        """By broadcast."""
        box = [value]
        dist.broadcast_object_list(box)
        return box[0]

    def same_noise(self) -> None:
        """Encoders may have drawn a different number of times on each rank."""
        state = torch.get_rng_state()
        dist.broadcast(state, 0)
        torch.set_rng_state(state)

    def gradients(self, network: nn.Module) -> None:
        """A parameter that no item of any rank reached keeps no gradient, as in one process."""
        params = list(network.parameters())
        reached = self.numbers([float(p.grad is not None) for p in params])
        for param, ranks in zip(params, reached, strict=True):
            if ranks and param.grad is None:
                param.grad = torch.zeros_like(param)
        self.add([p.grad for p in params if p.grad is not None])

    def join(self, network: nn.Module) -> None:
        """Batch statistics over all processes."""
        share_normalization(network)


def exchange_here() -> Exchange:
    """`Ranks` where torch.distributed has been initialised, a process alone otherwise."""
    return Ranks() if dist.is_available() and dist.is_initialized() else Exchange()


@contextmanager
def together() -> Iterator[bool]:
    """Join the processes that `torchrun` started, if it did; gives whether this is the first of them."""
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        yield True
        return
    dist.init_process_group("gloo")
    try:
        yield dist.get_rank() == 0
    finally:
        dist.destroy_process_group()
