"""log(1 + x) that keeps its digits in the exported graph, where there is no such operator and 1 + x is rounded first."""

import torch
from torch import Tensor


def log1p(values: Tensor) -> Tensor:
    """Natural logarithm of one plus each value, over -1, as exact near 0 as elsewhere; shape as given.

    log(w) + (x - (w - 1)) / w with w = 1 + x as rounded: the second term is, to first order, what the rounding took.
    """
    rounded = 1.0 + values
    return torch.log(rounded) + (values - (rounded - 1.0)) / rounded
