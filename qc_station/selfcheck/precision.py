"""Double precision for the length of a check."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


@contextmanager
def double_precision(seed: int = 0) -> Iterator[None]:
    """Torch makes float64 inside and draws from a seed; afterwards both are as they were."""
    kept, noise = torch.get_default_dtype(), torch.get_rng_state()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_default_dtype(kept)
        torch.set_rng_state(noise)


def relative(found: Tensor, wanted: Tensor) -> float:
    """Length of the difference as a share of the length that is wanted."""
    return float((found - wanted).norm() / wanted.norm())


def farthest(found: Tensor, wanted: Tensor) -> float:
    """Largest absolute difference."""
    return float((found - wanted).abs().max())
