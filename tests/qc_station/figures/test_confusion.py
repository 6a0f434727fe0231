"""Which class is taken for which."""

import numpy as np
from sklearn.metrics import confusion_matrix

from qc_station.figures.confusion import confusion


def test_counts_equal_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    answers, targets = random.integers(0, 5, 300), random.integers(0, 5, 300)
    np.testing.assert_array_equal(confusion(answers, targets, 5), confusion_matrix(targets, answers, labels=range(5)))


def test_a_class_that_never_occurs_has_an_empty_row_and_column() -> None:
    found = confusion(np.array([0, 2, 2]), np.array([0, 0, 2]), 3)
    assert found.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1]]


def test_no_item_is_no_count() -> None:
    assert confusion(np.zeros(0, np.int64), np.zeros(0, np.int64), 2).tolist() == [[0, 0], [0, 0]]
