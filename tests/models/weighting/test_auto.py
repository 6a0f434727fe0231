"""Conflict resolution that switches itself on."""

import pytest
import torch

from models.weighting.auto import STEPS, Auto
from models.weighting.base import Measured
from models.weighting.upgrad import Upgrad

PRIORITIES = {"label": 1.0, "severity": 0.5, "other": 1.0}
LOSSES = dict.fromkeys(PRIORITIES, 0.5)


def measured(cosine: float) -> Measured:
    """Two tasks at this angle, of different lengths; the third at right angles to both."""
    table = torch.diag(torch.tensor([1.0, 4.0, 1.0], dtype=torch.float64))
    table[0, 1] = table[1, 0] = 2.0 * cosine
    return Measured(losses=LOSSES, gramian=table)


def test_it_is_fixed_until_two_tasks_have_fought_for_fifty_steps() -> None:
    weighting = Auto(PRIORITIES)
    for _ in range(STEPS - 1):
        assert weighting.weights(measured(-0.5)) == PRIORITIES
    assert weighting.notes == []
    assert weighting.weights(measured(-0.5)) == Upgrad(PRIORITIES).weights(measured(-0.5)) != PRIORITIES


def test_it_says_which_when_and_by_how_much_once() -> None:
    weighting = Auto(PRIORITIES)
    for _ in range(10):
        weighting.weights(measured(0.3))
    for _ in range(2 * STEPS):
        weighting.weights(measured(-0.5))
    (note,) = weighting.notes
    assert note.startswith("step 60: label and severity pull against each other")
    assert "under -0.1 for 50 steps, now -0.50" in note
    assert "UPGrad" in note


@pytest.mark.parametrize("cosine", [-0.09, 0.0, 0.9])
def test_a_mild_quarrel_is_none(cosine: float) -> None:
    weighting = Auto(PRIORITIES)
    for _ in range(2 * STEPS):
        assert weighting.weights(measured(cosine)) == PRIORITIES


def test_one_step_of_peace_starts_the_count_again() -> None:
    weighting = Auto(PRIORITIES)
    for step in range(4 * STEPS):
        assert weighting.weights(measured(0.0 if step % STEPS == STEPS - 1 else -0.9)) == PRIORITIES


def test_steps_in_which_a_task_is_missing_do_not_count() -> None:
    weighting, pair = Auto(PRIORITIES), measured(-0.5)
    assert pair.gramian is not None
    alone = Measured(losses={"label": 0.5}, gramian=pair.gramian[:1, :1])
    for _ in range(STEPS - 1):
        weighting.weights(pair)
        weighting.weights(alone)
    assert weighting.notes == []
    weighting.weights(pair)
    assert len(weighting.notes) == 1


def test_once_switched_on_it_stays_and_with_a_checkpoint_too() -> None:
    weighting, later = Auto(PRIORITIES), Auto(PRIORITIES)
    for _ in range(STEPS):
        weighting.weights(measured(-0.5))
    later.load_state(weighting.state)
    assert later.weights(measured(-0.7)) == Upgrad(PRIORITIES).weights(measured(-0.7))
    assert later.notes == weighting.notes
