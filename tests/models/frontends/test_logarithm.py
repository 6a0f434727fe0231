"""log(1 + x): exact near 0 in the exported graph too, and differentiable."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.frontends.logarithm import log1p
from tests.models.graph import Graph, exported

EPSILON = float(np.finfo(np.float32).eps)


class Logarithm(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return log1p(values)


@pytest.fixture(scope="module")
def values() -> NDArray[np.float32]:
    """From next to nothing to resistances that span decades, of both signs where there is a logarithm."""
    sizes = 10.0 ** np.linspace(-7.0, 5.0, 2000)
    return np.concatenate([sizes, -sizes[sizes < 0.25], [0.0]]).astype(np.float32)[None]


def in_graph(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the graph makes of them."""
    both = np.repeat(values, 2, axis=0)
    return Graph(exported(Logarithm(), torch.from_numpy(both)))(both)[:1]


def test_the_exported_graph_keeps_the_digits_of_small_values(values: NDArray[np.float32]) -> None:
    wanted = np.log1p(values.astype(np.float64))
    assert np.abs(in_graph(values) - wanted) / np.maximum(np.abs(wanted), 1e-4) == pytest.approx(0.0, abs=4 * EPSILON)


def test_the_network_keeps_them_likewise(values: NDArray[np.float32]) -> None:
    wanted = np.log1p(values.astype(np.float64))
    found = log1p(torch.from_numpy(values)).numpy()
    assert np.abs(found - wanted) / np.maximum(np.abs(wanted), 1e-4) == pytest.approx(0.0, abs=4 * EPSILON)


def test_in_double_precision_it_is_the_logarithm_and_has_its_gradient() -> None:
    values = torch.cat([torch.linspace(-0.9, 5.0, 50), torch.tensor([1e-12, -1e-12, 0.0])]).double().requires_grad_()
    torch.testing.assert_close(log1p(values), torch.log1p(values), rtol=1e-14, atol=1e-16)
    assert torch.autograd.gradcheck(log1p, values)
    (gradient,) = torch.autograd.grad(log1p(values).sum(), values)
    torch.testing.assert_close(gradient, 1.0 / (1.0 + values.detach()), rtol=1e-13, atol=0)
