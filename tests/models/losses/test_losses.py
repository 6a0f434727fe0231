"""The losses against their closed forms."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.losses.binary import binary
from models.losses.cross_entropy import cross_entropy
from models.losses.focal import focal, log_others
from models.losses.huber import huber
from models.losses.ordinal import ordinal, thresholds
from models.losses.squared import squared

LOGITS = arrays(np.float64, (4, 3), elements=st.floats(-20, 20))
TARGETS = torch.tensor([0, 2, 1, 2])
EVEN = torch.ones(3, dtype=torch.float64)


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


@given(arrays(np.float64, (4, 1), elements=st.floats(-40, 40)), st.floats(0, 0.3))
def test_binary_is_the_cross_entropy_of_two_classes_whose_first_logit_is_zero(
    raw: np.ndarray, smoothing: float
) -> None:
    logit, targets = torch.tensor(raw), torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=torch.float64)
    weights = torch.tensor([0.7, 1.4], dtype=torch.float64)
    both = torch.cat([torch.zeros_like(logit), logit], dim=1)
    wanted = cross_entropy(both, targets, weights, smoothing)
    torch.testing.assert_close(binary(logit, targets, weights, smoothing), wanted, rtol=1e-12, atol=1e-12)


@given(LOGITS)
def test_focal_with_gamma_zero_is_the_cross_entropy(raw: np.ndarray) -> None:
    logits = torch.tensor(raw)
    wanted = cross_entropy(logits, TARGETS, EVEN)
    torch.testing.assert_close(focal(logits, TARGETS, EVEN, gamma=0.0), wanted, rtol=1e-12, atol=1e-12)


@given(LOGITS, st.floats(0.5, 4))
def test_focal_is_the_cross_entropy_times_a_power_of_what_is_missing(raw: np.ndarray, gamma: float) -> None:
    logits = torch.tensor(raw)
    own = torch.softmax(logits, dim=1)[torch.arange(4), TARGETS]
    wanted = cross_entropy(logits, TARGETS, EVEN) * (1 - own) ** gamma
    torch.testing.assert_close(focal(logits, TARGETS, EVEN, gamma), wanted, rtol=1e-5, atol=1e-12)


def test_what_the_other_classes_hold_is_exact_where_one_minus_the_probability_would_round_to_zero() -> None:
    found = log_others(torch.tensor([[60.0, 0.0, 0.0]], dtype=torch.float64))
    assert found[0, 0].item() == pytest.approx(np.log(2) - 60.0)
    assert torch.softmax(torch.tensor([60.0, 0.0, 0.0], dtype=torch.float64), dim=0)[0] == 1.0


@given(arrays(np.float64, (4, 3), elements=st.floats(-30, 30)))
def test_thresholds_never_cross(raw: np.ndarray) -> None:
    cuts = thresholds(torch.tensor(raw))
    assert (cuts[:, :-1] > cuts[:, 1:]).all()


@given(arrays(np.float64, (4, 3), elements=st.floats(-15, 15)))
def test_ordinal_is_a_question_for_every_grade_but_the_last(raw: np.ndarray) -> None:
    outputs, grades = torch.tensor(raw), torch.tensor([0.0, 1.0, 2.0, 3.0], dtype=torch.float64)
    above = 1 / (1 + np.exp(-thresholds(outputs).numpy()))
    wanted = [-sum(np.log(p if grade > k else 1 - p) for k, p in enumerate(row)) for grade, row in enumerate(above)]
    np.testing.assert_allclose(ordinal(outputs, grades).numpy(), wanted, rtol=1e-6)


def test_to_miss_by_more_grades_costs_more() -> None:
    # Sure of grade 0.
    outputs = torch.tensor([[-6.0, 1.0, 1.0, 1.0]]).expand(5, 4)
    losses = ordinal(outputs, torch.arange(5.0))
    assert (losses.diff() > 5).all()


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


@given(arrays(np.float64, (20, 4), elements=st.floats(-3, 3)), st.integers(0, 10**6))
def test_gradient_of_the_squared_residual_of_a_linear_model_is_twice_x_times_the_residual(
    x: np.ndarray, seed: int
) -> None:
    random = np.random.default_rng(seed)
    y, w = random.normal(size=20), random.normal(size=4)
    weights = torch.tensor(w, requires_grad=True)
    squared((torch.tensor(x) @ weights)[:, None], torch.tensor(y)).sum().backward()
    wanted = 2 * x.T @ (x @ w - y)
    # Relative to the size of what is summed, which may cancel.
    size = 2 * np.abs(x).T @ np.abs(x @ w - y)
    assert weights.grad is not None
    assert (np.abs(weights.grad.numpy() - wanted) <= 1e-13 * np.maximum(1.0, size)).all()
