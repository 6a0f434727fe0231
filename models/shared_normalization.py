"""Batch normalization over the batch of all processes, each of which has a share of its items."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def sums_of(maps: Tensor) -> Tensor:
    """Number, sum and sum of squares of each channel over all processes.

    Args:
        maps: This process's share, shape (items, channels, ...); it may have no items.

    Returns:
        Shape (1 + 2 * channels,), float64: sums of squares in single precision would lose the variance to the mean.
    """
    count, over = maps.numel() // maps.shape[1], _over(maps)
    found = torch.zeros(1 + 2 * maps.shape[1], dtype=torch.float64)
    if count:
        variance, mean = torch.var_mean(maps, over, correction=0)
        mean = mean.double()
        found = torch.cat([found.new_tensor([count]), count * mean, count * (variance.double() + mean.square())])
    dist.all_reduce(found)
    return found


class _Normalize(torch.autograd.Function):
    """gamma (x - m) / sqrt(v + eps) + beta with mean m and variance v that depend on every x of every process.

    With y = (x - m) / sqrt(v + eps) and g the gradient by y, that by x is (g - mean(g) - y mean(g y)) / sqrt(v + eps)
    (Ioffe and Szegedy 2015, arXiv:1502.03167), both means over all processes as m and v are.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, gamma: Tensor, beta: Tensor, moments: Tensor, eps: float) -> Tensor:
        """Normalize with moments that are known: count, mean and variance, shape (1 + 2 * channels,), float64."""
        mean, variance = moments[1:].to(maps.dtype).chunk(2)
        ctx.save_for_backward(maps, gamma, moments)
        ctx.eps = eps
        return nn.functional.batch_norm(maps, mean, variance, gamma, beta, training=False, eps=eps)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients by maps, gamma and beta; those of the parameters are of this process's share."""
        (slope,), (maps, gamma, moments) = slopes, ctx.saved_tensors
        over, shape = _over(maps), (1, -1, *[1] * (maps.dim() - 2))
        mean, variance = moments[1:].chunk(2)
        scale = (variance + ctx.eps).rsqrt()
        normal = (maps - mean.to(maps.dtype).view(shape)) * scale.to(maps.dtype).view(shape)
        own = torch.stack([slope.sum(over, dtype=torch.float64), (slope * normal).sum(over, dtype=torch.float64)])
        whole = own.clone()
        dist.all_reduce(whole)
        first, second = (whole / moments[0]).to(maps.dtype)
        back = slope - first.view(shape) - normal * second.view(shape)
        back = back * (gamma * scale.to(maps.dtype)).view(shape)
        by_beta, by_gamma = own.to(gamma.dtype)
        return back, by_gamma, by_beta, None, None


class SharedNormalization(_BatchNorm):
    """A layer of batch normalization that in training takes its statistics over all processes.

    Every process must go through it, also without items, and every one backwards, also without a gradient: it waits for
    the others.
    """

    momentum: float
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, maps: Tensor) -> Tensor:
        """Shape (items, channels, ...), same out."""
        if not self.training:
            normalized: Tensor = super().forward(maps)
            return normalized
        with torch.no_grad():
            moments = self._moments(sums_of(maps.detach()))
        found: Tensor = _Normalize.apply(maps, self.weight, self.bias, moments, self.eps)  # type: ignore[no-untyped-call]
        return found

    def _moments(self, sums: Tensor) -> Tensor:
        """Count, mean and variance; the running ones follow as torch has them: the variance without bias."""
        count = sums[0]
        mean, square = (sums[1:] / count).chunk(2)
        variance = (square - mean.square()).clamp_min(0.0)
        self.num_batches_tracked.add_(1)
        unbiased = variance * count / (count - 1).clamp_min(1.0)
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
        return torch.cat([count[None], mean, variance])

    def _check_input_dim(self, _: Tensor) -> None:
        """As many dimensions as there are."""


def share_normalization(network: nn.Module) -> None:
    """Put such a layer in the place of every one that normalizes by the batch; it has the same parameters and statistics."""
    for parent in list(network.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, _BatchNorm) and not isinstance(layer, SharedNormalization):
                setattr(parent, name, _shared(layer))


def _shared(layer: _BatchNorm) -> SharedNormalization:
    other = SharedNormalization(layer.num_features, layer.eps, layer.momentum)
    other.weight, other.bias = layer.weight, layer.bias
    # The very tensors, which the running average and the optimisers know.
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        setattr(other, name, getattr(layer, name))
    return other.train(layer.training)


def _over(maps: Tensor) -> list[int]:
    return [0, *range(2, maps.dim())]
