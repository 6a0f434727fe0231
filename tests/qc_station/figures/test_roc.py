"""The ROC: its corners, and the area under it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from qc_station.figures.roc import roc

SCORED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60).filter(
    lambda items: len({positive for _, positive in items}) == 2
)


@given(SCORED)
def test_the_area_under_it_is_that_of_scikit_learn_also_with_ties(items: list[tuple[int, bool]]) -> None:
    scores, positive = np.array([s for s, _ in items]) / 6, np.array([p for _, p in items])
    across, up = roc(scores, positive).T
    area = float((np.diff(across) * (up[1:] + up[:-1]) / 2).sum())
    assert area == pytest.approx(roc_auc_score(positive, scores))
    wanted_across, wanted_up, _ = roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(np.interp(wanted_across, across, up) >= wanted_up - 1e-12, True)


@given(SCORED)
def test_it_climbs_from_corner_to_corner_and_bends_at_every_corner(items: list[tuple[int, bool]]) -> None:
    corners = roc(np.array([float(s) for s, _ in items]), np.array([p for _, p in items]))
    assert corners[0].tolist() == [0, 0]
    assert corners[-1].tolist() == [1, 1]
    steps = np.diff(corners, axis=0)
    assert (steps >= 0).all()
    assert (steps.sum(axis=1) > 0).all()
    turns = steps[1:, 0] * steps[:-1, 1] - steps[:-1, 0] * steps[1:, 1]
    assert (np.abs(turns) > 1e-12).all()


def test_a_perfect_order_needs_three_corners() -> None:
    assert roc(np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, True, False, False])).tolist() == [
        [0, 0],
        [0, 1],
        [1, 1],
    ]


@pytest.mark.parametrize("positive", [[True, True], [False, False], []])
def test_without_both_kinds_there_is_no_curve(positive: list[bool]) -> None:
    assert roc(np.ones(len(positive)), np.array(positive, bool)).shape == (0, 2)
