"""Geometric mean."""

import pytest
import torch
from torchjd.scalarization import GeometricMean as Published

from models.weighting.base import Measured
from models.weighting.geometric_mean import GeometricMean


def test_weights_are_the_gradient_of_the_published_mean() -> None:
    losses = torch.tensor([0.2, 1.7, 0.9], dtype=torch.float64, requires_grad=True)
    (wanted,) = torch.autograd.grad(3 * Published()(losses), losses)
    found = GeometricMean({}).weights(Measured(losses=dict(zip("abc", losses.tolist(), strict=True))))
    assert list(found.values()) == pytest.approx(wanted.tolist(), rel=1e-12)


def test_a_priority_is_an_exponent() -> None:
    losses = torch.tensor([0.2, 1.7], dtype=torch.float64, requires_grad=True)
    total = 4 * (losses[0] * losses[1] ** 3) ** 0.25
    (wanted,) = torch.autograd.grad(total, losses)
    found = GeometricMean({"a": 1.0, "b": 3.0}).weights(Measured(losses=dict(zip("ab", losses.tolist(), strict=True))))
    assert list(found.values()) == pytest.approx(wanted.tolist(), rel=1e-12)


def test_no_scale_of_a_loss_changes_the_direction() -> None:
    one = GeometricMean({}).weights(Measured(losses={"a": 0.3, "b": 0.4}))
    other = GeometricMean({}).weights(Measured(losses={"a": 3.0, "b": 0.4}))
    assert one["a"] * 0.3 / (one["b"] * 0.4) == pytest.approx(other["a"] * 3.0 / (other["b"] * 0.4))
