"""Tasks and targets out of label texts."""

import math

import numpy as np
import pytest

from models.tasks import Task, targets_of, tasks_of


def only(column: str, texts: list[str]) -> Task:
    (task,) = tasks_of({column: texts})
    return task


def test_classes_come_good_ones_first_then_by_name() -> None:
    task = only("label", ["void", "ok", "crack", "ok"])
    assert task.classes == ("ok", "crack", "void")
    assert task.frequencies == (0.5, 0.25, 0.25)
    assert (task.stream, task.outputs) == (None, 3)


def test_good_classes_are_those_of_the_station() -> None:
    (task,) = tasks_of({"label": ["a", "z", "m"]}, ok_classes=("z",))
    assert task.classes == ("z", "a", "m")


@pytest.mark.parametrize("texts", [[], ["ok"], ["ok", "ok"]])
def test_a_column_that_does_not_vary_is_no_task(texts: list[str]) -> None:
    assert tasks_of({"label": texts}) == ()


def test_part_level_tasks_come_first_and_streams_are_found() -> None:
    tasks = tasks_of({"label.acoustic": ["a", "b"], "severity": ["1", "2"], "label": ["ok", "x"]})
    assert [(t.name, t.stream) for t in tasks] == [("label", None), ("severity", None), ("label.acoustic", "acoustic")]


def test_weights_are_by_column_and_one_elsewhere() -> None:
    tasks = tasks_of({"label": ["a", "b"], "severity": ["0", "1"]}, weights={"severity": 2.5})
    assert [t.weight for t in tasks] == [1.0, 2.5]


def test_severity_in_few_whole_numbers_is_a_set_of_classes() -> None:
    assert only("severity", ["0", "1", "2", "1"]).classes == ("0", "1", "2")


@pytest.mark.parametrize("texts", [["0.5", "1"], [str(i) for i in range(11)]])
def test_severity_in_fractions_or_many_numbers_is_a_value(texts: list[str]) -> None:
    task = only("severity", texts)
    numbers = np.array(texts, dtype=float)
    assert task.classes == ()
    assert task.outputs == 1
    assert task.frequencies == pytest.approx((numbers.mean(), numbers.std()))


def test_severity_in_words_is_a_set_of_classes() -> None:
    assert only("severity", ["light", "heavy", "1.5"]).classes == ("1.5", "heavy", "light")


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_a_severity_that_is_no_number_at_all_does_not_make_a_value(text: str) -> None:
    assert only("severity", ["0.5", "1.5", text]).classes == tuple(sorted(["0.5", "1.5", text]))


def test_a_label_in_numbers_stays_a_class() -> None:
    assert len(only("label", [f"{i}.5" for i in range(20)]).classes) == 20


def test_class_targets_are_indices_and_unknown_is_nan() -> None:
    task = only("label", ["ok", "crack"])
    found = targets_of(task, ["crack", None, "ok", "never seen"])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [1, np.nan, 0, np.nan])


def test_value_targets_are_standardized_by_the_training_items() -> None:
    task = only("severity", ["1.5", "2.5", "3.5", "4.5"])
    found = targets_of(task, ["1.5", "2.5", "3.5", "4.5"])
    assert (found.mean(), found.std()) == pytest.approx((0, 1), abs=1e-6)
    np.testing.assert_array_equal(targets_of(task, [None, "3"]), np.array([np.nan, 0], np.float32))


@pytest.mark.parametrize("text", ["heavy", "", "nan", "inf"])
def test_a_validation_severity_that_is_no_finite_number_is_unknown(text: str) -> None:
    assert np.isnan(targets_of(only("severity", ["1.5", "2.5"]), [text])).all()


def test_no_skill_is_the_entropy_of_the_frequencies() -> None:
    assert only("label", ["a", "b"]).no_skill == pytest.approx(math.log(2))
    assert only("label", ["a", "a", "a", "b"]).no_skill == pytest.approx(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))
    assert only("severity", ["1.5", "9"]).no_skill == 1.0
