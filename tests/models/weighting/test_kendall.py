"""Learned log-variances."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchjd.scalarization import UW

from models.weighting.base import Measured
from models.weighting.kendall import RATE, Kendall


@settings(max_examples=20)
@given(st.floats(0.03, 30.0))
def test_the_log_variance_of_a_constant_loss_becomes_its_logarithm(loss: float) -> None:
    weighting = Kendall({})
    for _ in range(700):
        weighting.weights(Measured(losses={"label": loss, "other": 1.0}))
    assert weighting.state["log_variances"]["label"] == pytest.approx(math.log(loss), abs=1e-10)


def test_the_weight_is_the_priority_over_the_loss_then() -> None:
    weighting = Kendall({"label": 3.0})
    for _ in range(700):
        found = weighting.weights(Measured(losses={"label": 0.25}))
    assert found["label"] == pytest.approx(12.0, rel=1e-10)


def test_a_step_is_gradient_descent_on_twice_the_published_objective() -> None:
    weighting, published = Kendall({}), UW(2).double()
    optimiser = torch.optim.SGD(published.parameters(), lr=RATE)
    for step in range(20):
        losses = torch.tensor([0.3 + 0.01 * step, 1.4], dtype=torch.float64, requires_grad=True)
        optimiser.zero_grad()
        (2 * published(losses)).backward()
        optimiser.step()
        found = weighting.weights(Measured(losses=dict(zip("ab", losses.tolist(), strict=True))))
        assert list(weighting.state["log_variances"].values()) == pytest.approx(published.log_var.tolist(), rel=1e-12)
        assert list(found.values()) == pytest.approx((-published.log_var).exp().tolist(), rel=1e-12)


def test_a_missing_loss_keeps_its_log_variance() -> None:
    weighting = Kendall({})
    weighting.weights(Measured(losses={"a": 0.1, "b": 0.1}))
    kept = weighting.state["log_variances"]["b"]
    weighting.weights(Measured(losses={"a": 0.1}))
    assert weighting.state["log_variances"]["b"] == kept
