"""Every loss's gradient against finite differences, in double precision."""

import pytest
import torch

from models.discrepancy import Pair, pair_losses
from models.losses import names
from models.losses.agreement import agreement
from models.losses.base import ClassLoss
from tests.models.losses.kinds import answers, task


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("loss", names())
def test_the_normalized_loss_of_every_item_has_the_gradient_of_finite_differences(loss: str, seed: int) -> None:
    chosen = task(loss)
    raw, targets = answers(chosen, seed)
    pair = Pair(output="label:joint", task=chosen, stream=None, weight=1.0, loss=chosen.criterion)
    assert torch.autograd.gradcheck(lambda a: pair_losses(pair, a, targets), raw.requires_grad_())


@pytest.mark.parametrize("loss", [n for n in names() if n not in ("huber", "squared")])
def test_what_the_answers_say_has_the_gradient_of_finite_differences(loss: str) -> None:
    chosen = task(loss)
    criterion = chosen.criterion
    assert isinstance(criterion, ClassLoss)
    raw, targets = answers(chosen)
    assert torch.autograd.gradcheck(lambda a: criterion.judged(criterion.logits(a), targets), raw.requires_grad_())


def test_agreement_has_the_gradient_of_finite_differences() -> None:
    random = torch.Generator().manual_seed(0)
    first, second = (torch.randn(5, 4, generator=random, dtype=torch.float64).requires_grad_() for _ in range(2))
    kinds = torch.tensor([0, 1, 1, 2, 0])
    assert torch.autograd.gradcheck(lambda a, b: agreement(a, b, kinds[:, None] != kinds), (first, second))


@pytest.mark.parametrize("loss", names())
def test_single_precision_stays_finite_however_sure_or_wrong_an_answer_is(loss: str) -> None:
    chosen = task(loss)
    criterion = chosen.criterion
    for size in (1e-30, 1.0, 30.0, 100.0, 1e4):
        raw = (answers(chosen)[0].float() * size).requires_grad_()
        values = criterion.items(raw, answers(chosen)[1].float())
        values.sum().backward()
        assert values.isfinite().all(), size
        assert raw.grad is not None
        assert raw.grad.isfinite().all(), size
        if isinstance(criterion, ClassLoss):
            probabilities = torch.softmax(criterion.logits(raw) - criterion.shift, dim=1)
            torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(len(raw)))
