"""Gradient normalization at its fixed point."""

import pytest
import torch

from models.weighting.base import Measured
from models.weighting.grad_norm import ALPHA, GradNorm

LENGTHS = {"a": 0.5, "b": 4.0, "c": 1.3}
PRIORITIES = {"a": 1.0, "b": 2.0, "c": 0.5}


def settled(losses: dict[str, float], priorities: dict[str, float]) -> dict[str, float]:
    weighting = GradNorm(priorities)
    products = torch.diag(torch.tensor(list(LENGTHS.values()), dtype=torch.float64).square())
    for _ in range(1500):
        found = weighting.weights(Measured(losses=losses, gramian=products))
    return found


def test_every_weighted_gradient_has_one_length_and_the_weights_sum_to_the_number_of_tasks() -> None:
    found = settled(dict.fromkeys(LENGTHS, 0.7), {})
    pulls = [found[n] * LENGTHS[n] for n in LENGTHS]
    assert pulls == pytest.approx([pulls[0]] * 3, rel=1e-6)
    assert sum(found.values()) == pytest.approx(3.0, rel=1e-12)


def test_a_priority_is_the_length_that_is_asked_for() -> None:
    found = settled(dict.fromkeys(LENGTHS, 0.7), PRIORITIES)
    pulls = [found[n] * LENGTHS[n] / PRIORITIES[n] for n in LENGTHS]
    assert pulls == pytest.approx([pulls[0]] * 3, rel=1e-6)
    assert sum(found.values()) == pytest.approx(3.5, rel=1e-12)


def test_a_task_that_learns_slowly_pulls_more() -> None:
    losses = {"a": 0.9, "b": 0.3, "c": 0.3}
    found = settled(losses, {})
    wanted = (losses["a"] / losses["b"]) ** ALPHA
    assert found["a"] * LENGTHS["a"] / (found["b"] * LENGTHS["b"]) == pytest.approx(wanted, rel=1e-6)


def test_a_missing_task_keeps_its_weight_beside_the_others() -> None:
    weighting = GradNorm({})
    products = torch.diag(torch.tensor([1.0, 9.0, 4.0], dtype=torch.float64))
    for _ in range(20):
        weighting.weights(Measured(losses={"a": 1.0, "b": 1.0, "c": 1.0}, gramian=products))
    kept = weighting.state["logs"]["c"]
    weighting.weights(Measured(losses={"a": 1.0, "b": 1.0}, gramian=products[:2, :2]))
    assert weighting.state["logs"]["c"] == kept
