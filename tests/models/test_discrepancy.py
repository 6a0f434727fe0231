"""Pairs: what is trained by default, to the bit, and what people are shown."""

import math

import numpy as np
import pytest
import torch

from models.discrepancy import Pair, as_drawn, pair_losses, pairs_of
from models.losses.cross_entropy import cross_entropy
from models.losses.huber import huber
from models.tasks import Task
from tests.synthetic import ENOSE, LABEL, SEVERITY, THERMAL, network, tasks_for


def pair(task: Task) -> Pair:
    return Pair(output="label:joint", task=task, stream=None, weight=1.0, loss=task.criterion)


def test_the_default_of_classes_is_to_the_bit_the_weighted_cross_entropy_over_the_prior_entropy() -> None:
    answers, targets = torch.randn(500, 3), torch.randint(0, 3, (500,)).float()
    shares = torch.tensor(LABEL.frequencies)
    raw = shares.clamp_min(1e-4) ** -0.2
    entropy = -sum(p * math.log(p) for p in LABEL.frequencies)
    wanted = cross_entropy(answers, targets, raw / (raw * shares).sum(), 0.05) / entropy
    assert torch.equal(pair_losses(pair(LABEL), answers, targets), wanted)


def test_the_default_of_a_value_is_to_the_bit_the_huber_loss() -> None:
    answers, targets = 3 * torch.randn(500, 1), torch.randn(500)
    assert torch.equal(pair_losses(pair(SEVERITY), answers, targets), huber(answers, targets))


def test_people_are_shown_nats_and_the_values_own_unit_squared() -> None:
    entropy = -sum(p * math.log(p) for p in LABEL.frequencies)
    assert pair(LABEL).shown(1.0) == pytest.approx(entropy)
    assert pair(LABEL).shown(0.5, validation=True) == pytest.approx(entropy / 2)
    assert pair(SEVERITY).shown(2.0) == pytest.approx(2.0 * 0.5**2)


def test_a_focal_loss_is_trained_as_it_is_and_judged_in_nats() -> None:
    chosen = Task(name="label", stream=None, classes=("a", "b"), frequencies=(0.5, 0.5), loss="focal")
    assert pair(chosen).shown(1.0) == pytest.approx(0.25 * math.log(2))
    assert pair(chosen).shown(1.0, validation=True) == pytest.approx(math.log(2))


def test_pairs_do_not_depend_on_the_order_of_the_tasks() -> None:
    tasks = (LABEL, SEVERITY, *tasks_for()[1:])
    forward, backward = (pairs_of(network((THERMAL, ENOSE), order)) for order in (tasks, tasks[::-1]))
    assert forward == backward
    assert [p.output for p in forward][:2] == ["label:joint", "label:thermal"]


def test_answers_are_trained_under_the_frequencies_of_the_items_that_are_drawn() -> None:
    drawn = np.array([0] * 30 + [1] * 60 + [np.nan] * 5, np.float32)
    found, value = as_drawn([pair(LABEL), pair(SEVERITY)], {"label": drawn, "severity": drawn})
    shares, expected = torch.tensor([1 / 3, 2 / 3, 1e-4]), torch.tensor(LABEL.frequencies)
    assert found.drawn is not None
    torch.testing.assert_close(found.drawn, (shares / expected).log())
    answers, targets = torch.randn(9, 3), torch.randint(0, 3, (9,)).float()
    assert torch.equal(pair_losses(found, answers, targets), pair_losses(pair(LABEL), answers + found.drawn, targets))
    assert value.drawn is None
    assert found == pair(LABEL)


def test_items_that_are_drawn_as_often_as_expected_change_nothing() -> None:
    counts = [round(1000 * share) for share in LABEL.frequencies]
    (found,) = as_drawn([pair(LABEL)], {"label": np.repeat(np.arange(3), counts).astype(np.float32)})
    assert found.drawn is not None
    torch.testing.assert_close(found.drawn, torch.zeros(3), atol=1e-5, rtol=0)


def test_a_task_that_no_item_answers_is_left_as_it_is() -> None:
    nothing = np.full(4, np.nan, np.float32)
    assert [p.drawn for p in as_drawn([pair(LABEL)], {"label": nothing})] == [None]
    assert [p.drawn for p in as_drawn([pair(LABEL)], {})] == [None]
