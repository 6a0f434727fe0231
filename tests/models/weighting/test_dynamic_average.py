"""Dynamic weight average against a hand calculation and against torchjd."""

import math

import pytest
import torch
from torchjd.scalarization import DWA

from models.weighting.base import Measured
from models.weighting.dynamic_average import DynamicAverage


def weights(weighting: DynamicAverage) -> dict[str, float]:
    return weighting.weights(Measured(losses={"a": 1.0, "b": 1.0}))


def test_three_epochs_by_hand() -> None:
    weighting = DynamicAverage({"a": 1.0, "b": 2.0})
    assert weights(weighting) == {"a": 1.0, "b": 2.0}
    weighting.end_epoch({"a": 1.0, "b": 1.0})
    assert weights(weighting) == {"a": 1.0, "b": 2.0}
    weighting.end_epoch({"a": 0.5, "b": 1.0})
    fast, slow = math.exp(0.25), math.exp(0.5)
    wanted = {"a": 2 * fast / (fast + slow), "b": 2 * 2 * slow / (fast + slow)}
    assert weights(weighting) == pytest.approx(wanted, rel=1e-12)
    weighting.end_epoch({"a": 0.45, "b": 0.8})
    slow, fast = math.exp(0.45), math.exp(0.4)
    wanted = {"a": 2 * slow / (fast + slow), "b": 2 * 2 * fast / (fast + slow)}
    assert weights(weighting) == pytest.approx(wanted, rel=1e-12)


def test_it_is_the_published_one_where_priorities_are_equal() -> None:
    weighting, published = DynamicAverage({}), DWA()
    for epoch in range(5):
        losses = torch.tensor([0.9**epoch, 0.7**epoch + 0.1], dtype=torch.float64, requires_grad=True)
        (wanted,) = torch.autograd.grad(published(losses), losses)
        published.step()
        assert list(weights(weighting).values()) == pytest.approx(wanted.tolist(), rel=1e-12)
        weighting.end_epoch(dict(zip("ab", losses.tolist(), strict=True)))


def test_only_the_last_two_epochs_count() -> None:
    weighting = DynamicAverage({})
    for loss in (9.0, 1.0, 1.0):
        weighting.end_epoch({"a": loss, "b": 1.0})
    assert weights(weighting) == pytest.approx({"a": 1.0, "b": 1.0})
