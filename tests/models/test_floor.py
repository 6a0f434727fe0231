"""The floor learns each stream alone, fuses what is there, and says what it is made of."""

import json
from dataclasses import replace

import numpy as np
import pytest

from models.floor import Floor
from models.injection import ABSENT, Dataset
from models.tasks import Task
from tests.synthetic import ENOSE, THERMAL, dataset, tasks_for, without

SPECS = (THERMAL, ENOSE)
TASK = tasks_for()[0]


@pytest.fixture(scope="module")
def train() -> Dataset:
    return dataset(300)


@pytest.fixture(scope="module")
def val() -> Dataset:
    return dataset(120, seed=5)


@pytest.fixture(scope="module")
def floor(train: Dataset) -> Floor:
    return Floor(SPECS, TASK, train)


def right(answer: np.ndarray, data: Dataset) -> float:
    return float((answer.argmax(axis=1) == data.targets["label"]).mean())


def loss(answer: np.ndarray, data: Dataset) -> float:
    return float(-np.log(answer[np.arange(len(data)), data.targets["label"].astype(int)]).mean())


def test_both_streams_together_see_what_neither_sees_alone(train: Dataset, val: Dataset) -> None:
    floor = Floor(SPECS, TASK, train)
    floor.calibrate(val)
    alone = [loss(floor.predict_proba(val, (name,)), val) for name in ("thermal", "enose")]
    assert loss(floor.predict_proba(val), val) < 0.8 * min(alone)
    assert right(floor.predict_proba(val), val) > 0.8


def test_the_fusion_is_the_mean_log_posterior(floor: Floor, val: Dataset) -> None:
    told = floor.opinions(val)
    mean = (told["thermal"] + told["enose"]) / 2
    np.testing.assert_allclose(floor.predict_proba(val), np.exp(mean) / np.exp(mean).sum(axis=1, keepdims=True))


def test_a_missing_stream_leaves_the_other_one_alone(floor: Floor, val: Dataset) -> None:
    found = floor.predict_proba(without(val, "thermal", [3, 7]))
    alone, both = floor.predict_proba(val, ("enose",)), floor.predict_proba(val)
    np.testing.assert_array_equal(found[[3, 7]], alone[[3, 7]])
    np.testing.assert_array_equal(np.delete(found, [3, 7], 0), np.delete(both, [3, 7], 0))


def test_an_item_without_a_stream_has_the_training_frequencies(floor: Floor, val: Dataset) -> None:
    found = floor.predict_proba(without(without(val, "thermal", [0]), "enose", [0]))
    np.testing.assert_allclose(found[0], TASK.frequencies, rtol=1e-6)
    np.testing.assert_allclose(floor.predict_proba(val, ())[5], TASK.frequencies, rtol=1e-6)


def test_a_stream_that_training_never_shows_has_no_opinion(train: Dataset, val: Dataset) -> None:
    bare = Floor(SPECS, TASK, without(train, "thermal", list(range(300))))
    assert list(bare.opinions(val)) == ["enose"]
    np.testing.assert_array_equal(bare.predict_proba(val), bare.predict_proba(val, ("enose",)))


def test_unlabelled_items_and_items_of_no_weight_teach_nothing(train: Dataset, val: Dataset, floor: Floor) -> None:
    targets = train.targets | {"label": train.targets["label"].copy()}
    targets["label"][150:] = np.nan
    half = Floor(SPECS, TASK, replace(train, targets=targets))
    weights = {"": np.where(np.arange(300) < 150, 1, 0).astype(np.float32)}
    weighed = Floor(SPECS, TASK, replace(train, weights=weights))
    np.testing.assert_array_equal(half.predict_proba(val), weighed.predict_proba(val))
    assert not np.allclose(half.predict_proba(val), floor.predict_proba(val))


def test_a_window_of_no_quality_teaches_its_stream_nothing(train: Dataset, val: Dataset, floor: Floor) -> None:
    quality = {"thermal": (np.arange(300) < 200).astype(np.float32)}
    found = Floor(SPECS, TASK, replace(train, weights=quality))
    np.testing.assert_array_equal(found.opinions(val)["enose"], floor.opinions(val)["enose"])
    rows = train.rows["thermal"].copy()
    rows[200:] = ABSENT
    other = Floor(SPECS, TASK, replace(train, rows=train.rows | {"thermal": rows}))
    np.testing.assert_array_equal(found.opinions(val)["thermal"], other.opinions(val)["thermal"])


def test_a_stream_of_no_quality_at_all_has_no_opinion(train: Dataset, val: Dataset) -> None:
    blind = Floor(SPECS, TASK, replace(train, weights={"thermal": np.zeros(300, np.float32)}))
    assert list(blind.opinions(val)) == ["enose"]


def test_temperatures_lower_the_log_loss_and_leave_the_classes_of_a_stream(train: Dataset, val: Dataset) -> None:
    floor = Floor(SPECS, TASK, train)
    before = floor.predict_proba(val)
    floor.calibrate(val)
    after = floor.predict_proba(val)
    assert loss(after, val) < loss(before, val)
    alone = floor.predict_proba(val, ("enose",)).argmax(axis=1)
    np.testing.assert_array_equal(alone, floor.opinions(val)["enose"].argmax(axis=1))


def test_its_summary_is_json_and_names_what_it_is_made_of(train: Dataset, val: Dataset) -> None:
    floor = Floor(SPECS, TASK, train)
    floor.calibrate(val)
    found = json.loads(json.dumps(floor.summary()))
    assert found["streams"]["thermal"]["items"] == 300
    assert found["streams"]["enose"]["features"] == 24
    assert set(found["temperatures"]) == {"thermal", "enose", "2"}


def test_a_value_is_not_answered(train: Dataset) -> None:
    with pytest.raises(ValueError, match="'severity' asks for a value"):
        Floor(SPECS, Task(name="severity", stream=None, classes=(), frequencies=(0.0, 1.0)), train)
