"""The losses against their closed forms."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.losses.cross_entropy import cross_entropy
from models.losses.huber import huber

LOGITS = arrays(np.float64, (4, 3), elements=st.floats(-20, 20))
TARGETS = torch.tensor([0, 2, 1, 2])


@given(LOGITS, st.floats(0, 0.3))
def test_gradient_of_cross_entropy_is_weight_times_softmax_minus_target(raw: np.ndarray, smoothing: float) -> None:
    logits = torch.tensor(raw, requires_grad=True)
    weights = torch.tensor([1.0, 0.5, 3.0], dtype=torch.float64)
    cross_entropy(logits, TARGETS, weights, smoothing).sum().backward()
    wanted = (1 - smoothing) * torch.nn.functional.one_hot(TARGETS, 3).double() + smoothing / 3
    expected = weights[TARGETS][:, None] * (torch.softmax(logits.detach(), dim=1) - wanted)
    torch.testing.assert_close(logits.grad, expected, rtol=0, atol=1e-12)


def test_cross_entropy_of_no_skill_is_the_log_of_the_number_of_classes() -> None:
    losses = cross_entropy(torch.zeros(2, 4, dtype=torch.float64), torch.tensor([0.0, 3.0]), torch.ones(4))
    torch.testing.assert_close(losses, torch.full((2,), np.log(4), dtype=torch.float64))


def test_cross_entropy_is_one_number_an_item_and_does_not_overflow() -> None:
    losses = cross_entropy(torch.tensor([[1e4, -1e4], [1e4, -1e4]]), torch.tensor([0, 1]), torch.ones(2))
    torch.testing.assert_close(losses, torch.tensor([0.0, 2e4]))


@given(arrays(np.float64, 6, elements=st.floats(-50, 50)), st.floats(0.1, 5))
def test_huber_is_a_parabola_near_zero_and_a_line_beyond(residuals: np.ndarray, delta: float) -> None:
    found = huber(torch.tensor(residuals)[:, None], torch.zeros(6, dtype=torch.float64), delta).numpy()
    size = np.abs(residuals)
    wanted = np.where(size <= delta, size**2, 2 * delta * size - delta**2)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("residual", [-30.0, 30.0])
def test_a_wild_severity_label_pulls_with_bounded_force(residual: float) -> None:
    answer = torch.tensor([[residual]], requires_grad=True)
    huber(answer, torch.zeros(1)).sum().backward()
    assert answer.grad is not None
    assert answer.grad.item() == pytest.approx(2 * np.sign(residual))


def test_huber_of_no_skill_on_a_standardized_value_within_delta_is_its_variance() -> None:
    values = torch.tensor([-1.0, 1.0, -1.0, 1.0])
    assert huber(torch.zeros(4, 1), values).mean() == 1.0
