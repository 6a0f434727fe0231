"""An attack stays in its box, never helps, and finds the worst corner where that is known."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from models.robustness.projected_gradient import projected_gradient


def attack(losses: object, windows: Tensor, radius: Tensor, steps: int = 10, **options: object) -> Tensor:
    return projected_gradient(losses, windows, radius, steps=steps, random=torch.Generator().manual_seed(0), **options)  # type: ignore[arg-type]


@given(st.integers(0, 1000), st.floats(0.01, 10.0))
def test_the_worst_corner_of_a_linear_loss_is_found(seed: int, radius: float) -> None:
    random = torch.Generator().manual_seed(seed)
    slope, windows = torch.randn(3, 4, generator=random), torch.randn(5, 3, 4, generator=random)
    found = attack(lambda x: (x * slope).sum(dim=(1, 2)), windows, torch.tensor(radius))
    assert torch.allclose(found, windows + radius * slope.sign(), atol=1e-5 * max(1.0, radius))


@given(st.integers(0, 1000))
def test_an_attack_never_helps_and_never_leaves_its_box(seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    windows, radius = torch.randn(6, 2, 5, generator=random), torch.tensor([[0.5], [0.01]])

    def losses(x: Tensor) -> Tensor:
        return (5 * x).sin().sum(dim=(1, 2))

    found = attack(losses, windows, radius, steps=3)
    assert (losses(found) >= losses(windows)).all()
    assert ((found - windows).abs() <= radius + 1e-6).all()


def test_a_given_window_that_is_the_worst_already_is_kept() -> None:
    windows = torch.zeros(2, 3)
    found = attack(lambda x: -x.square().sum(dim=1), windows, torch.tensor(1.0))
    assert torch.equal(found, windows)


def test_a_gradient_that_is_no_number_moves_nothing() -> None:
    windows = torch.tensor([[4.0, 0.0]])
    # The root of 0 has no gradient: 0 times infinity.
    found = attack(lambda x: x[:, 0] + (0 * x[:, 1]).sqrt(), windows, torch.tensor([1.0, 0.0]))
    assert found.tolist() == [[5.0, 0.0]]


def test_samples_stay_within_their_type() -> None:
    found = attack(lambda x: x.sum(dim=1), torch.tensor([[250.0, 3.0]]), torch.tensor(20.0), rails=(0.0, 255.0))
    assert found.tolist() == [[255.0, 23.0]]


def test_the_start_comes_from_the_generator_alone() -> None:
    def losses(x: Tensor) -> Tensor:
        return (9 * x).cos().sum(dim=1)

    windows = torch.linspace(0, 3, 12).reshape(3, 4)
    found = [attack(losses, windows, torch.tensor(2.0), steps=2) for _ in range(2)]
    torch.manual_seed(99)
    assert torch.equal(found[0], found[1])
    other = projected_gradient(losses, windows, torch.tensor(2.0), steps=2, random=torch.Generator().manual_seed(5))
    assert not torch.equal(found[0], other)


@pytest.mark.parametrize("steps", [1, 4])
def test_no_gradient_is_left_on_what_the_loss_is_made_of(steps: int) -> None:
    weight = torch.ones(4, requires_grad=True)
    found = attack(lambda x: (x * weight).sum(dim=1), torch.zeros(1, 4), torch.tensor(1.0), steps=steps)
    assert weight.grad is None
    assert not found.requires_grad
