"""Which epoch is kept."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.validation import clearly_better

WEIGHTS = {"a": 1.0, "b": 0.5}


def losses(mean: float, spread: float, items: int = 60, seed: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return {output: mean + spread * torch.randn(items) for output in WEIGHTS}


@given(mean=st.floats(0.1, 2.0), items=st.integers(1, 200))
def test_an_epoch_is_never_clearly_better_than_itself(mean: float, items: int) -> None:
    same = losses(mean, 0.3, items)
    assert not clearly_better(same, same, WEIGHTS)


def test_a_gain_on_every_item_is_clear() -> None:
    later = losses(1.0, 0.3)
    assert clearly_better({o: v - 0.05 for o, v in later.items()}, later, WEIGHTS)


def test_a_small_gain_of_the_mean_among_noisy_differences_is_not_clear() -> None:
    earlier = {o: v - v.mean() + 0.98 for o, v in losses(1.0, 0.5, seed=1).items()}
    later = {o: v - v.mean() + 1.0 for o, v in losses(1.0, 0.5, seed=2).items()}
    assert not clearly_better(earlier, later, WEIGHTS)


@pytest.mark.parametrize(("errors", "clear"), [(0.9, False), (1.1, True)])
def test_a_gain_is_clear_from_one_standard_error_on(errors: float, clear: bool) -> None:
    later = losses(1.0, 0.3)
    differences = torch.linspace(-1.0, 1.0, 60)
    error = float(differences.std(correction=0)) / 59**0.5
    earlier = {o: v - differences - errors * error for o, v in later.items()}
    assert clearly_better(earlier, later, WEIGHTS) == clear


def test_a_loss_that_went_up_is_not_better_however_sure() -> None:
    later = losses(1.0, 0.3)
    assert not clearly_better({o: v + 0.5 for o, v in later.items()}, later, WEIGHTS)


def test_anything_finite_is_better_than_an_epoch_that_is_not() -> None:
    earlier = losses(1.0, 0.3)
    assert clearly_better(earlier, {o: v * torch.nan for o, v in earlier.items()}, WEIGHTS)
