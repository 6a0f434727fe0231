"""Forgetting is counted item by item, and its bounds are exact."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import binomtest

from models.continual.forgetting import Kept, decided, exact_bounds, forgetting, told
from models.continual.warm_start import warm_start
from models.injection import Dataset
from models.network import MultimodalNetwork
from models.tasks import Task
from tests.synthetic import ENOSE, LABEL, SEVERITY, network, raw_windows, without

A, B = (replace(ENOSE, name=name) for name in "ab")
ONE = Task(name="label.a", stream="a", classes=("ok", "bad"), frequencies=(0.5, 0.5))
TASKS = (LABEL, SEVERITY, ONE)


def items(many: int = 40) -> Dataset:
    random = np.random.default_rng(0)
    targets = {
        "label": random.integers(0, 3, many),
        "severity": random.normal(size=many),
        "label.a": random.integers(0, 2, many),
    }
    return Dataset(
        windows={s.name: raw_windows(s, many, n) for n, s in enumerate((A, B))},
        rows={s.name: np.arange(many) for s in (A, B)},
        targets={name: values.astype(np.float32) for name, values in targets.items()},
    )


def saying(old: MultimodalNetwork, output: str, row: int) -> MultimodalNetwork:
    """A copy whose heads of a task always answer one class."""
    now = warm_start(old, (A, B), TASKS).eval()
    with torch.no_grad():
        for name, head in now.heads.items():
            if name.startswith(output):
                head.bias[row] += 1e3  # type: ignore[index,operator]
    return now


def test_nothing_is_forgotten_by_the_champion_itself() -> None:
    old = network((A, B), TASKS)
    found = forgetting(old, old, items())
    assert set(found) == {"label", "label.a"}
    for one in found.values():
        assert (one.whole.lost, one.whole.gained, one.whole.points) == (0, 0, 0.0)
        assert one.whole.items == sum(kept.items for kept in one.classes.values()) == 40


def test_a_network_that_says_one_class_lost_the_others_and_gained_that_one() -> None:
    old, data = network((A, B), TASKS), items()
    truth = np.array(LABEL.classes)[data.targets["label"].astype(int)]
    before = decided(old, data)["label"]
    found = forgetting(old, saying(old, "label:", 1), data)["label"]
    for name, kept in found.classes.items():
        here = truth == name
        right = int((before[here] == name).sum())
        wanted = (int(here.sum()), right, int(here.sum()) if name == "crack" else 0, 0 if name == "crack" else right)
        assert (kept.items, kept.before, kept.after, kept.lost) == wanted
    assert found.whole.lost - found.whole.gained == found.whole.before - found.whole.after


def test_classes_are_compared_by_name_where_their_order_has_changed() -> None:
    old, data = network((A, B), (LABEL,)), items()
    turned = replace(LABEL, classes=("leak", "burr", "ok", "crack"), frequencies=(0.1, 0.2, 0.5, 0.2))
    now = warm_start(old, (A, B), (turned,)).eval()
    with torch.no_grad():
        for head in now.heads.values():
            head.bias[1] -= 1e3  # type: ignore[index,operator]
    names = np.array(LABEL.classes)[data.targets["label"].astype(int)]
    moved = np.array([turned.classes.index(name) for name in names], np.float32)
    found = forgetting(old, now, replace(data, targets={"label": moved}))["label"]
    assert set(found.classes) <= set(LABEL.classes)
    before = decided(old, data)["label"]
    assert found.whole.before == int((before == names).sum())


def test_items_without_a_label_or_the_stream_that_answers_are_left_out() -> None:
    old, data = network((A, B), TASKS), without(items(), "a", list(range(10)))
    data.targets["label"][5:25] = np.nan
    found = forgetting(old, old, data)
    assert found["label"].whole.items == 20
    assert found["label.a"].whole.items == 30


def test_a_task_that_the_champion_does_not_answer_is_left_out() -> None:
    old = network((A, B), TASKS[:2])
    assert set(forgetting(old, network((A, B), TASKS), items())) == {"label"}


def test_measuring_leaves_a_network_in_its_mode() -> None:
    old = network((A, B), TASKS).train()
    decided(old, items(4))
    assert old.training


@pytest.mark.parametrize(("count", "total"), [(0, 1), (0, 59), (0, 299), (1, 40), (7, 40), (39, 40), (40, 40)])
def test_bounds_are_those_of_clopper_and_pearson(count: int, total: int) -> None:
    wanted = binomtest(count, total).proportion_ci(0.95, method="exact")
    assert exact_bounds(count, total) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_bounds_of_no_items_say_nothing() -> None:
    assert exact_bounds(0, 0) == (0.0, 1.0)


def test_a_count_over_the_total_is_refused() -> None:
    with pytest.raises(ValueError, match="count 5 must lie within 0 and total 4"):
        exact_bounds(5, 4)


@pytest.mark.parametrize(("lost", "gained"), [(0, 0), (0, 5), (1, 0), (6, 1), (12, 12)])
def test_chance_is_the_exact_one_sided_test_of_mcnemar(lost: int, gained: int) -> None:
    kept = Kept(items=100, before=50, after=50 - lost + gained, lost=lost)
    wanted = binomtest(lost, lost + gained, 0.5, alternative="greater").pvalue if lost + gained else 1.0
    assert kept.gained == gained
    assert kept.chance == pytest.approx(wanted, abs=1e-12)


def test_it_is_told_in_one_line_a_task() -> None:
    old = network((A, B), TASKS)
    (first, _) = told(forgetting(old, saying(old, "label:", 1), items()))
    assert first.startswith("label: ")
    assert " old items right before, " in first
    assert " lost (" in first
