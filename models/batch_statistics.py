"""What batch normalization remembers of the batches that it saw, kept aside so that a batch can be forgotten again."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


class BatchStatistics:
    """The running statistics of all layers of a network that normalize by the batch, and a copy of them."""

    def __init__(self, network: nn.Module) -> None:
        """Find the layers and copy what they remember now."""
        layers = [module for module in network.modules() if isinstance(module, _BatchNorm)]
        found = [(layer.running_mean, layer.running_var, layer.num_batches_tracked) for layer in layers]
        self._live = [value for three in found for value in three if value is not None]
        self._kept = [value.clone() for value in self._live]
        self._sums = [value for value in self._live if value.is_floating_point()]

    @torch.no_grad()
    def keep(self) -> None:
        """Copy them, in the place of the last copy."""
        if self._live:
            torch._foreach_copy_(self._kept, self._live)

    @torch.no_grad()
    def restore(self) -> None:
        """Put the copy back."""
        if self._live:
            torch._foreach_copy_(self._live, self._kept)

    @torch.no_grad()
    def finite(self) -> bool:
        """Whether the layers remember numbers only."""
        if not self._sums:
            return True
        largest = torch._foreach_norm(self._sums, float("inf"))
        return bool(torch.stack(list(largest)).isfinite().all())


@contextmanager
def still_statistics(network: nn.Module) -> Iterator[None]:
    """Batch statistics are used but not remembered: this forward pass is made once more, or has been."""
    before = BatchStatistics(network)
    try:
        yield
    finally:
        before.restore()
