"""What a loss comes to for an answer that never looks, and what its answers mean."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.losses import loss_class, loss_for, names
from models.losses.base import ClassLoss, Loss
from models.losses.focal import Focal
from models.tasks import Task
from tests.models.losses.kinds import answers, task, thousandfold

OF_CLASSES = tuple(n for n in names() if not loss_class(n).of_values)


def entropy(shares: tuple[float, ...]) -> float:
    return -sum(p * math.log(p) for p in shares)


def frequencies(draw: st.DrawFn, classes: int) -> tuple[float, ...]:
    parts = [draw(st.integers(1, 50)) for _ in range(classes)]
    return tuple(p / sum(parts) for p in parts)


@st.composite
def class_losses(draw: st.DrawFn) -> ClassLoss:
    name = draw(st.sampled_from(OF_CLASSES))
    classes = 2 if name == "binary" else draw(st.integers(2, 5))
    built = loss_for(name, classes, frequencies(draw, classes))
    assert isinstance(built, ClassLoss)
    return built


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=8))
def test_no_skill_of_the_cross_entropy_is_the_prior_entropy(counts: list[int]) -> None:
    shares = tuple(c / sum(counts) for c in counts)
    assert loss_for("cross_entropy", len(counts), shares).no_skill == pytest.approx(
        max(1e-3, entropy(shares)), rel=1e-9
    )


@pytest.mark.parametrize("loss", ["huber", "squared"])
def test_no_skill_of_a_value_is_one_variance(loss: str) -> None:
    assert loss_for(loss, 0, (7.0, 3.0)).no_skill == 1.0
    assert loss_for(loss, 0, (7.0, 3.0)).unit == 9.0


@settings(max_examples=60)
@given(class_losses(), st.integers(0, 10**6))
def test_no_answer_that_never_looks_is_better_than_no_skill(loss: Loss, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    best = loss.constant()
    for spread in (0.01, 0.3, 3.0):
        other = best + spread * torch.randn(loss.outputs, generator=random, dtype=torch.float64)
        assert loss.expected(other) >= loss.no_skill - 1e-9


@settings(max_examples=60)
@given(class_losses())
def test_the_best_answer_that_never_looks_says_the_training_frequencies(loss: ClassLoss) -> None:
    """Without class weights; the constant is found from the loss alone."""
    found = torch.softmax(loss.logits(loss.constant()[None]), dim=1)[0]
    torch.testing.assert_close(found, torch.tensor(loss.frequencies, dtype=torch.float64), rtol=0, atol=2e-4)


def test_class_weights_of_the_focal_loss_are_taken_back() -> None:
    """The lowest weighted loss is at an answer that, once put right, says the training frequencies."""

    class Weighted(Focal):
        def plain(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            return self.items(outputs, targets)

    loss = Weighted(3, (0.6, 0.3, 0.1))
    found = torch.softmax(loss.logits(loss.constant()[None]) - loss.shift, dim=1)[0]
    torch.testing.assert_close(found, torch.tensor(loss.frequencies, dtype=torch.float64), rtol=0, atol=1e-6)
    assert (loss.shift.abs() > 0.1).any()


def test_no_skill_of_the_ordinal_loss_is_the_entropy_of_its_questions() -> None:
    shares = (0.5, 0.3, 0.1, 0.1)
    questions = [(sum(shares[: k + 1]), sum(shares[k + 1 :])) for k in range(3)]
    wanted = sum(entropy(q) for q in questions)
    loss = loss_for("ordinal", 4, shares)
    assert loss.no_skill == pytest.approx(wanted, rel=1e-9)
    assert loss.judged_no_skill == pytest.approx(wanted, rel=1e-9)


def test_ordinal_judges_probabilities_as_it_judges_its_own_answers() -> None:
    loss = loss_for("ordinal", 4, (0.25,) * 4)
    assert isinstance(loss, ClassLoss)
    raw, targets = torch.randn(20, 3, dtype=torch.float64), (torch.arange(20) % 4).double()
    torch.testing.assert_close(loss.judged(loss.logits(raw), targets), loss.items(raw, targets))


@pytest.mark.parametrize("name", names())
def test_a_loss_times_1000_is_the_same_once_it_is_normalized(name: str) -> None:
    chosen = task(name)
    once, often = chosen.criterion, thousandfold(chosen.criterion)
    raw, targets = answers(chosen)
    assert often.no_skill == pytest.approx(1000 * once.no_skill, rel=1e-13)
    torch.testing.assert_close(
        often.items(raw, targets) / often.no_skill, once.items(raw, targets) / once.no_skill, rtol=1e-13, atol=0
    )


def test_a_class_that_hardly_occurs_leaves_every_loss_finite() -> None:
    for name in OF_CLASSES:
        loss = loss_for(name, 2, (1.0, 0.0))
        assert 0 < loss.no_skill < math.inf
        assert 0 < loss.judged_no_skill < math.inf


@pytest.mark.parametrize("name", names())
def test_only_classes_or_only_a_value_are_taken(name: str) -> None:
    wrong = (3, (0.2, 0.3, 0.5)) if loss_class(name).of_values else (0, (1.0, 2.0))
    with pytest.raises(ValueError, match=f"loss '{name}' takes"):
        loss_for(name, *wrong)


def test_one_logit_cannot_answer_five_classes() -> None:
    with pytest.raises(ValueError, match="task 'label': loss 'binary' takes exactly 2 classes, not 5"):
        Task(name="label", stream=None, classes=tuple("abcde"), frequencies=(0.2,) * 5, loss="binary")


@pytest.mark.parametrize("name", ["magic", "base", "agreement", "../tasks", "os"])
def test_a_name_that_is_no_loss_of_a_task_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(ValueError, match="there are: binary, cross_entropy, focal, huber, ordinal, squared"):
        Task(name="label", stream=None, classes=("a", "b"), frequencies=(0.5, 0.5), loss=name)
