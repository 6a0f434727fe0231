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


def test_without_a_choice_classes_get_the_cross_entropy_and_values_huber() -> None:
    assert only("label", ["a", "b"]).criterion.name == "cross_entropy"
    assert only("severity", ["0.5", "1"]).criterion.name == "huber"


def test_losses_are_chosen_by_column() -> None:
    columns = {"label": ["ok", "bad", "ok"], "label.acoustic": ["a", "b"], "severity": ["0.5", "1", "7"]}
    tasks = tasks_of(columns, losses={"label": "binary", "severity": "squared", "label.thermal": "focal"})
    assert {t.name: t.criterion.name for t in tasks} == {
        "label": "binary",
        "label.acoustic": "cross_entropy",
        "severity": "squared",
    }
    assert [t.outputs for t in tasks] == [1, 1, 2]


def test_a_loss_of_values_makes_a_value_of_whole_numbers() -> None:
    (task,) = tasks_of({"severity": ["0", "1", "3"]}, losses={"severity": "squared"})
    assert task.classes == ()
    assert task.frequencies == pytest.approx((4 / 3, np.std([0, 1, 3])))


def test_a_loss_of_classes_makes_classes_of_fractions() -> None:
    (task,) = tasks_of({"severity": ["0.5", "2", "10", "0.5"]}, losses={"severity": "ordinal"})
    assert task.classes == ("0.5", "2", "10")
    assert task.frequencies == (0.5, 0.25, 0.25)
    np.testing.assert_array_equal(targets_of(task, ["10", "0.5", "3"]), np.array([2, 0, np.nan], np.float32))


def test_grades_stand_in_the_order_of_their_numbers_whatever_counts_as_good() -> None:
    (task,) = tasks_of({"severity": ["10", "9", "2"]}, ok_classes=("9",), losses={"severity": "ordinal"})
    assert task.classes == ("2", "9", "10")


def test_grades_in_words_have_no_order() -> None:
    with pytest.raises(ValueError, match="task 'severity': loss 'ordinal' needs grades that are numbers, got 'heavy'"):
        tasks_of({"severity": ["1", "heavy"]}, losses={"severity": "ordinal"})


def test_a_value_in_words_is_refused() -> None:
    with pytest.raises(ValueError, match="task 'severity': loss 'huber' takes numbers, got 'light'"):
        tasks_of({"severity": ["1", "light"]}, losses={"severity": "huber"})


def test_a_label_is_no_value() -> None:
    with pytest.raises(ValueError, match="task 'label': loss 'squared' takes values; only a severity column"):
        tasks_of({"label": ["1", "2"]}, losses={"label": "squared"})


@pytest.mark.parametrize("column", ["label", "label.nowhere"])
def test_an_unknown_loss_is_refused_also_where_it_would_not_be_used(column: str) -> None:
    with pytest.raises(ValueError, match="no loss 'magic'; there are: binary, "):
        tasks_of({"label": ["a", "b"]}, losses={column: "magic"})


def test_one_logit_for_three_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="task 'label': loss 'binary' takes exactly 2 classes, not 3"):
        tasks_of({"label": ["a", "b", "c"]}, losses={"label": "binary"})


def test_one_number_written_in_two_ways_does_not_vary() -> None:
    assert tasks_of({"severity": ["1", "1.0"]}, losses={"severity": "huber"}) == ()


def test_rank_is_the_order_in_which_tasks_are_found() -> None:
    columns = {c: ["0", "1"] for c in ("severity.one", "label.two", "severity", "label", "label.one")}
    found = tasks_of(columns)
    assert sorted([found[n] for n in (3, 0, 4, 2, 1)], key=lambda t: t.rank) == list(found)
