"""Figures against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from qc_station.figures.scoring import auc, calibration_error, classification, macro_f1, regression

NO_OK = np.zeros(4, np.bool_)


def answers(seed: int, items: int, classes: int = 4, levels: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities with many ties, and targets."""
    random = np.random.default_rng(seed)
    raw = random.integers(1, levels, (items, classes)).astype(np.float32)
    return raw / raw.sum(axis=1, keepdims=True), random.integers(0, classes, items)


@given(st.integers(0, 10**6), st.integers(1, 40))
def test_accuracy_macro_f1_and_log_loss_equal_scikit_learn(seed: int, items: int) -> None:
    probabilities, targets = answers(seed, items)
    found = classification(probabilities, targets, NO_OK)
    guesses = probabilities.argmax(axis=1)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(targets, guesses))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(targets, guesses, average="macro", zero_division=0))
    scaled = probabilities.astype(np.float64) / probabilities.astype(np.float64).sum(axis=1, keepdims=True)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(targets, scaled, labels=range(4)), rel=1e-5)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.booleans()), min_size=2, max_size=40))
def test_auc_equals_scikit_learn_with_ties(pairs: list[tuple[float, bool]]) -> None:
    scores, positive = (np.array(column) for column in zip(*pairs, strict=True))
    if positive.all() or not positive.any():
        assert auc(scores, positive) is None
    else:
        assert auc(scores, positive) == pytest.approx(metrics.roc_auc_score(positive, scores))


def test_auc_of_a_part_is_not_ok_against_ok() -> None:
    probabilities, targets = answers(3, 60)
    found = classification(probabilities, targets, np.array([False, True, False, True]))
    bad = probabilities[:, [0, 2]].sum(axis=1)
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(np.isin(targets, [0, 2]), bad))


def test_auc_without_a_good_class_is_the_mean_of_one_against_the_rest() -> None:
    probabilities, targets = answers(3, 60)
    each = [metrics.roc_auc_score(targets == c, probabilities[:, c]) for c in range(4)]
    assert classification(probabilities, targets, NO_OK)["auc"] == pytest.approx(np.mean(each))


def test_a_class_that_no_item_has_leaves_the_mean_auc_to_the_others() -> None:
    probabilities, targets = answers(3, 60, classes=3)
    each = [metrics.roc_auc_score(targets == c, probabilities[:, c]) for c in range(3)]
    padded = np.pad(probabilities, ((0, 0), (0, 1)))
    assert classification(padded, targets, NO_OK)["auc"] == pytest.approx(np.mean(each))


def test_no_items_have_no_figures() -> None:
    empty = classification(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), NO_OK)
    assert set(empty.values()) == {None}
    assert set(regression(np.zeros(0, np.float32), np.zeros(0, np.float32)).values()) == {None}


def test_one_class_alone_has_no_auc_but_an_accuracy() -> None:
    found = classification(np.tile(np.float32([0.9, 0.1]), (3, 1)), np.zeros(3, np.int64), np.array([True, False]))
    assert (found["auc"], found["accuracy"]) == (None, 1.0)


def test_a_certain_wrong_answer_has_a_finite_log_loss() -> None:
    found = classification(np.float32([[1, 0]]), np.array([1]), np.array([True, False]))
    assert found["log_loss"] == pytest.approx(-np.log(1e-12))


def test_calibration_error_by_hand() -> None:
    """Bins of 1/15: two items at 0.95 (one right), one at 0.5 (right), one at 1.0 (right)."""
    confidence, right = np.float32([0.95, 0.95, 0.5, 1.0]), np.array([True, False, True, True])
    # 0.95 and 1.0 share the last bin: 2 of 3 right at a mean confidence of 2.9 / 3.
    wanted = (3 * abs(2 / 3 - 2.9 / 3) + abs(1 - 0.5)) / 4
    assert calibration_error(confidence, right) == pytest.approx(wanted, abs=1e-6)


def test_perfect_calibration_has_no_error() -> None:
    assert calibration_error(np.full(4, 0.75, np.float32), np.array([True, True, True, False])) == pytest.approx(0)
    assert calibration_error(np.ones(3, np.float32), np.ones(3, np.bool_)) == 0


def test_macro_f1_counts_each_class_once_however_rare() -> None:
    assert macro_f1(np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1])) == pytest.approx((6 / 7 + 0) / 2)


def test_value_figures_equal_scikit_learn() -> None:
    random = np.random.default_rng(0)
    targets = random.normal(5, 2, 50).astype(np.float32)
    values = targets + random.normal(0, 1, 50).astype(np.float32)
    found = regression(values, targets)
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(targets, values), rel=1e-5)
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(targets, values), rel=1e-5)
    assert found["r2"] == pytest.approx(metrics.r2_score(targets, values), rel=1e-5)
    assert found["accuracy"] is None


def test_a_constant_value_has_no_r2() -> None:
    assert regression(np.float32([1, 2]), np.float32([3, 3]))["r2"] is None
