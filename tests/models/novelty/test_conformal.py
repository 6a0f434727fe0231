"""P-values keep their promise exactly, and are smooth enough to be the same in two libraries."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.novelty.conformal import MOST, NEVER, WIDTH, Conformal, thinned

SCORES = st.lists(st.floats(-30, 300, width=32), min_size=2, max_size=40)


def p_value(score: float, calibration: list[float]) -> float:
    kind = torch.zeros(1, dtype=torch.int64)
    return float(Conformal([torch.tensor(calibration)])(torch.tensor([[score]]), kind))


def step(score: float, calibration: list[float]) -> float:
    """The conformal p-value as it is written in books."""
    return (1 + sum(s >= score for s in calibration)) / (len(calibration) + 1)


@given(SCORES, st.floats(0, 1))
def test_of_exchangeable_items_no_more_than_a_share_a_has_a_p_value_of_a(scores: list[float], level: float) -> None:
    """Exact for every data set: each item in turn is the new one and all others calibrate."""
    found = [p_value(s, scores[:n] + scores[n + 1 :]) for n, s in enumerate(scores)]
    assert sum(p <= level - 1e-6 for p in found) <= level * len(scores)


@given(SCORES, st.floats(-30, 300, width=32))
def test_a_smooth_p_value_is_never_under_the_step_and_never_over_the_step_of_a_slightly_smaller_score(
    scores: list[float], score: float
) -> None:
    found = p_value(score, scores)
    assert step(score, scores) - 1e-5 <= found <= step(score - 1.001 * WIDTH, scores) + 1e-5


@given(SCORES, st.floats(-30, 300), st.floats(0, 1e-3))
def test_a_small_difference_of_a_score_is_a_small_difference_of_its_p_value(
    scores: list[float], score: float, by: float
) -> None:
    before, after = p_value(score, scores), p_value(score + by, scores)
    assert -1e-6 <= before - after <= by / WIDTH + 1e-3


def test_the_strangest_and_the_most_usual_scores_have_the_extreme_p_values() -> None:
    assert p_value(1e6, [0.0] * 99) == pytest.approx(0.01)
    assert p_value(-1e6, [0.0] * 99) == 1.0
    assert p_value(NEVER, [0.0] * 99) == 1.0


def test_without_calibration_items_nothing_is_strange() -> None:
    conformal = Conformal([torch.empty(0), torch.tensor([1.0, 2.0, 3.0])])
    found = conformal(torch.full((2, 1), 99.0), torch.tensor([0, 1]))
    assert found.tolist() == [[1.0], [0.25]]
    assert (conformal.smallest(0), conformal.smallest(1)) == (1.0, 0.25)


def test_every_kind_has_its_own_table() -> None:
    first, second = torch.arange(9.0), torch.arange(19.0) + 10
    both = Conformal([first, second])
    score = torch.linspace(-1, 30, 12)[:, None]
    for kind, table in enumerate((first, second)):
        alone = Conformal([table])(score, torch.zeros(12, dtype=torch.int64))
        assert torch.equal(both(score, torch.full((12,), kind)), alone)


@pytest.mark.parametrize("items", [0, 1, MOST, MOST + 1, 3 * MOST + 7])
def test_so_many_items_are_kept_at_regular_places(items: int) -> None:
    kept = thinned(torch.arange(float(items)))
    assert len(kept) <= MOST
    assert len(kept) >= min(items, MOST // 2)
    assert np.unique(np.diff(kept.numpy())).size <= 1
