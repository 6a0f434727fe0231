"""The learning curve of the floor: nested shares, the last of which is the floor itself."""

from dataclasses import replace

import numpy as np
import pytest

from models.floor import Floor
from models.injection import Dataset
from qc_station.learning.curve import FEWEST, learning_curve
from tests.synthetic import ENOSE, THERMAL, dataset, tasks_for

SPECS = (THERMAL, ENOSE)
LABEL = tasks_for()[0]


@pytest.fixture(scope="module")
def train() -> Dataset:
    return dataset(160, seed=3)


@pytest.fixture(scope="module")
def val() -> Dataset:
    return dataset(60, seed=9)


def unlabelled(data: Dataset, items: slice) -> Dataset:
    values = data.targets["label"].copy()
    values[items] = np.nan
    return replace(data, targets=data.targets | {"label": values})


def test_the_last_point_is_the_floor_on_all_items(train: Dataset, val: Dataset) -> None:
    points = learning_curve(SPECS, LABEL, train, val, seed=0)
    assert [p.items for p in points] == [20, 40, 80, 160]
    floor = Floor(SPECS, LABEL, train)
    floor.calibrate(val)
    answers, targets = floor.predict_proba(val), val.targets["label"].astype(int)
    assert (points[-1].correct, points[-1].total) == ((answers.argmax(axis=1) == targets).sum(), 60)
    assert points[-1].log_loss == pytest.approx(-np.log(answers[np.arange(60), targets]).mean(), rel=1e-4)


def test_more_items_help_where_there_is_something_to_learn(train: Dataset, val: Dataset) -> None:
    points = learning_curve(SPECS, LABEL, train, val, seed=0)
    assert points[-1].log_loss < points[0].log_loss
    assert points[-1].correct > points[0].correct


def test_the_same_seed_gives_the_same_curve_and_another_seed_other_items(train: Dataset, val: Dataset) -> None:
    first = learning_curve(SPECS, LABEL, train, val, seed=0)
    assert learning_curve(SPECS, LABEL, train, val, seed=0) == first
    other = learning_curve(SPECS, LABEL, train, val, seed=1)
    assert [p.log_loss for p in other[:3]] != [p.log_loss for p in first[:3]]
    assert other[-1] == first[-1]


def test_items_without_a_label_count_on_neither_side(train: Dataset, val: Dataset) -> None:
    points = learning_curve(SPECS, LABEL, unlabelled(train, slice(0, 80)), unlabelled(val, slice(0, 20)), seed=0)
    assert [p.items for p in points] == [20, 40, 80]
    assert {p.total for p in points} == {40}


def test_too_few_items_or_no_labelled_validation_item_leave_points_out(train: Dataset, val: Dataset) -> None:
    few = unlabelled(train, slice(FEWEST, None))
    assert [p.items for p in learning_curve(SPECS, LABEL, few, val, seed=0)] == [FEWEST]
    assert learning_curve(SPECS, LABEL, train, unlabelled(val, slice(None)), seed=0) == ()
