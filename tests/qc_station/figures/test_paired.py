"""The paired tests against enumeration, scipy and what is known in closed form."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import binom

from qc_station.figures import paired
from qc_station.figures.paired import auc_difference, auc_interval, mcnemar, mean_difference, weighted_auc
from qc_station.figures.scoring import auc


def rights(both: int, first: int, second: int, none: int = 0) -> tuple[np.ndarray, np.ndarray]:
    one = [True] * both + [True] * first + [False] * second + [False] * none
    other = [True] * both + [False] * first + [True] * second + [False] * none
    return np.array(one, bool), np.array(other, bool)


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0), (2, 9), (9, 2), (0, 12), (7, 6), (40, 61), (600, 720)])
def test_the_mid_p_is_that_of_the_binomial(first: int, second: int) -> None:
    found = mcnemar(*rights(5, first, second, 3))
    fewer, total = min(first, second), first + second
    exact = 2 * binom.cdf(fewer, total, 0.5)
    assert found.p == pytest.approx(exact - binom.pmf(fewer, total, 0.5), rel=1e-9)
    assert (found.only_first, found.only_second) == (first, second)


@pytest.mark.parametrize("total", [1, 2, 5, 8])
def test_the_p_value_is_right_by_enumeration_of_every_outcome(total: int) -> None:
    # Under the hypothesis every pattern of wins is equally likely: half of what was seen, and all that is rarer.
    wins = [sum(pattern) for pattern in product((0, 1), repeat=total)]
    for seen in range(total + 1):
        distance = abs(seen - total / 2)
        rarer = np.mean([abs(w - total / 2) > distance for w in wins])
        same = np.mean([abs(w - total / 2) == distance for w in wins])
        assert mcnemar(*rights(0, seen, total - seen)).p == pytest.approx(rarer + same / 2 if distance else 1.0)


def test_models_that_agree_differ_by_nothing() -> None:
    assert mcnemar(*rights(9, 0, 0, 2)).p == 1
    assert mcnemar(*rights(9, 4, 4)).p == 1
    scores = np.arange(6.0)
    same = auc_difference(scores, scores, np.arange(6) % 2 == 0, [str(n) for n in range(6)])
    assert same is not None
    assert (same.value, same.lower, same.upper, same.sure) == (0, 0, 0, False)


def test_a_published_table() -> None:
    # Fagerland, Lydersen and Laake 2013, table 1 (airway hyper-responsiveness before and after transplantation).
    assert mcnemar(*rights(1, 1, 7, 12)).p == pytest.approx(0.0391, abs=5e-5)


def test_the_interval_of_a_mean_is_that_of_every_possible_draw() -> None:
    first, second = np.array([1.0, 5.0, 2.0, 0.0]), np.array([0.0, 1.0, 2.5, 1.0])
    groups = ["a", "a", "b", "c"]
    members = {"a": [0, 1], "b": [2], "c": [3]}
    draws = []
    for drawn in product("abc", repeat=3):
        parts = [n for name in drawn for n in members[name]]
        draws.append((first - second)[parts].mean())
    found = mean_difference(first, second, groups, resamples=40_000, confidence=0.85)
    assert found.value == (first - second).mean()
    assert (found.lower, found.upper) == pytest.approx(tuple(np.quantile(draws, [0.075, 0.925])), abs=1e-9)


def test_the_interval_of_an_auc_is_that_of_every_possible_draw() -> None:
    positive = np.array([True, False, True, False])
    first, second = np.array([0.9, 0.1, 0.4, 0.5]), np.array([0.2, 0.3, 0.2, 0.1])
    draws = []
    for drawn in product(range(4), repeat=4):
        rows = list(drawn)
        values = [auc(scores[rows].astype(np.float32), positive[rows]) for scores in (first, second)]
        if values[0] is not None and values[1] is not None:
            draws.append(values[0] - values[1])
    found = auc_difference(first, second, positive, list("abcd"), resamples=60_000, confidence=0.6)
    assert found is not None
    assert found.value == pytest.approx(0.75 - 0.5)
    assert (found.lower, found.upper) == pytest.approx(tuple(np.quantile(draws, [0.2, 0.8])), abs=0.02)
    # Draws of one class alone have no AUC: 2 of 16 patterns.
    assert found.resamples == pytest.approx(60_000 * 14 / 16, rel=0.01)


@given(arrays.arrays(np.int64, 12, elements=st.integers(0, 4)), arrays.arrays(np.bool_, 12))
def test_an_auc_with_weights_is_that_of_repeated_parts(ranks: np.ndarray, positive: np.ndarray) -> None:
    weights = np.random.default_rng(1).integers(0, 3, (5, 12))
    found = weighted_auc(ranks.astype(np.float64), positive, weights.astype(np.float64))
    for value, counts in zip(found, weights, strict=True):
        rows = np.repeat(np.arange(12), counts)
        wanted = auc(ranks[rows].astype(np.float32), positive[rows])
        assert np.isnan(value) if wanted is None else value == pytest.approx(wanted)


def test_parts_of_one_group_are_not_independent() -> None:
    random = np.random.default_rng(5)
    gain = np.repeat(random.standard_normal(20), 50)
    alone = mean_difference(gain, np.zeros(1000), [str(n) for n in range(1000)])
    together = mean_difference(gain, np.zeros(1000), [str(n // 50) for n in range(1000)])
    assert (together.upper - together.lower) > 4 * (alone.upper - alone.lower)


def test_a_real_difference_is_sure_and_the_order_of_the_models_turns_it() -> None:
    random = np.random.default_rng(2)
    positive = np.arange(400) % 2 == 0
    good, poor = positive + 0.4 * random.standard_normal(400), positive + 3.0 * random.standard_normal(400)
    groups = [str(n) for n in range(400)]
    better, worse = auc_difference(good, poor, positive, groups), auc_difference(poor, good, positive, groups)
    assert better is not None
    assert worse is not None
    assert better.sure
    assert better.lower > 0
    assert (worse.value, worse.lower, worse.upper) == pytest.approx((-better.value, -better.upper, -better.lower))


def test_few_groups_are_never_sure() -> None:
    gain = np.linspace(1, 2, 70)
    for count, sure in ((7, False), (8, True)):
        found = mean_difference(gain, np.zeros(70), [str(n % count) for n in range(70)])
        assert found.lower > 0
        assert (found.groups, found.sure) == (count, sure)


def test_one_class_alone_has_no_auc() -> None:
    assert auc_difference(np.arange(3.0), np.arange(3.0), np.ones(3, bool), list("abc")) is None


def test_the_interval_of_chance_holds_one_half() -> None:
    random = np.random.default_rng(4)
    positive = np.arange(300) % 3 == 0
    found = auc_interval(random.standard_normal(300), positive, [str(n) for n in range(300)])
    assert found is not None
    assert found.lower < 0 < found.upper
    assert not found.sure


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(6)
    first, positive, groups = random.standard_normal(40), np.arange(40) % 2 == 0, [str(n) for n in range(40)]
    whole = auc_interval(first, positive, groups, resamples=300)
    monkeypatch.setattr(paired, "BLOCK", 40 * 7)
    assert auc_interval(first, positive, groups, resamples=300) == whole
