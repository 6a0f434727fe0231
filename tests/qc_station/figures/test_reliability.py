"""Whether a network is as often right as it says."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from qc_station.figures.rates import rate
from qc_station.figures.reliability import reliability


def test_bins_equal_those_of_scikit_learn() -> None:
    random = np.random.default_rng(3)
    confidence = random.uniform(0, 1, 500)
    right = random.uniform(0, 1, 500) < confidence**2
    shares, means = calibration_curve(right, confidence, n_bins=10)
    found = reliability(confidence, right)
    assert [b.confidence for b in found] == pytest.approx(means)
    assert [b.right.count / b.right.total for b in found] == pytest.approx(shares)


def test_every_item_lies_in_one_bin_also_at_both_ends_and_bounds_are_exact() -> None:
    found = reliability(np.array([0.0, 0.05, 0.5, 1.0, 1.0]), np.array([False, True, True, True, False]))
    assert [b.right for b in found] == [rate(1, 2), rate(1, 1), rate(1, 2)]
    assert [b.confidence for b in found] == pytest.approx([0.025, 0.5, 1.0])


def test_no_item_has_no_bin() -> None:
    assert reliability(np.zeros(0), np.zeros(0, bool)) == ()
