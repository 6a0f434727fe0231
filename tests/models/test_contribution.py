"""Shapley values keep the axioms that define them, on any set function and on a network's own subsets."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contribution import LEAST_PROBABILITY, answered, contributions, shapley, subsets

numbers = st.floats(-100, 100)


def games(players: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(numbers, min_size=2**players, max_size=2**players).map(np.array)


any_game = st.integers(1, 5).flatmap(games)


@given(any_game)
def test_values_add_up_to_the_whole_less_the_empty_set(values: np.ndarray) -> None:
    assert shapley(values).sum() == pytest.approx(values[-1] - values[0], abs=1e-9)


@given(games(3), st.permutations(range(3)))
def test_values_follow_the_streams_when_these_are_renamed(values: np.ndarray, order: list[int]) -> None:
    renamed = np.array([values[sum(1 << order[s] for s in range(3) if mask[s])] for mask in subsets(3)])
    assert shapley(renamed) == pytest.approx(shapley(values)[order], abs=1e-9)


@given(games(3), st.integers(0, 3))
def test_who_never_changes_anything_gets_nothing(values: np.ndarray, player: int) -> None:
    low = (1 << player) - 1
    # The others' game, whoever else is there.
    whole = np.array([values[(n & low) | ((n >> 1) & ~low)] for n in range(16)])
    assert shapley(whole)[player] == 0.0


@given(games(3))
def test_two_who_are_alike_get_the_same(values: np.ndarray) -> None:
    alike = values.copy()
    # Streams 0 and 1 exchange their bits.
    alike[[2, 6]] = alike[[1, 5]]
    first, second, _ = shapley(alike)
    assert first == pytest.approx(second, abs=1e-9)


@given(games(4), games(4), numbers)
def test_values_are_linear_in_the_game(one: np.ndarray, other: np.ndarray, factor: float) -> None:
    assert shapley(one + factor * other) == pytest.approx(shapley(one) + factor * shapley(other), abs=1e-6)


@given(games(4))
def test_values_are_the_mean_gain_over_all_orders_of_arrival(values: np.ndarray) -> None:
    gains = np.zeros(4)
    orders = list(permutations(range(4)))
    for order in orders:
        there = 0
        for player in order:
            gains[player] += values[there | 1 << player] - values[there]
            there |= 1 << player
    assert shapley(values) == pytest.approx(gains / len(orders), abs=1e-9)


def test_the_glove_game_has_its_published_values() -> None:
    # Two left gloves (streams 0, 1) and a right one (2): a pair is worth 1.
    values = np.array([float(mask[2] and (mask[0] or mask[1])) for mask in subsets(3)])
    assert shapley(values) == pytest.approx([1 / 6, 1 / 6, 4 / 6])


def test_items_are_shared_out_side_by_side() -> None:
    values = np.random.default_rng(0).normal(size=(8, 5))
    each = np.stack([shapley(column) for column in values.T], axis=1)
    assert shapley(values) == pytest.approx(each)


def test_a_set_function_with_a_subset_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="7 values of a set function; allowed: a power of two"):
        shapley(np.zeros(7))


PRIOR = (0.5, 0.25, 0.25)


def telling(windows: dict[str, np.ndarray], presence: np.ndarray) -> np.ndarray:
    """A scorer that believes `a` where it is there and knows nothing of `b`."""
    sure = np.eye(3)[windows["a"]] * 0.94 + 0.02
    return np.where(presence[:, :1], sure, np.array(PRIOR))


def test_a_stream_that_tells_everything_gets_everything() -> None:
    targets = np.array([0, 1, 2, 1, np.nan], np.float32)
    windows = {"a": np.array([0, 1, 2, 1, 0]), "b": np.zeros(5)}
    likelihood, accuracy = contributions(telling, windows, np.ones((5, 2), bool), targets, PRIOR, batch=3)
    assert (likelihood.figure, accuracy.figure) == ("log_likelihood", "accuracy")
    assert likelihood.items == 4
    assert likelihood.streams["b"] == accuracy.streams["b"] == 0.0
    assert accuracy.subsets == {"": 0.25, "a": 1.0, "b": 0.25, "a+b": 1.0}
    assert accuracy.streams["a"] == pytest.approx(accuracy.whole - accuracy.prior) == pytest.approx(0.75)
    assert likelihood.prior == pytest.approx(np.log(PRIOR)[[0, 1, 2, 1]].mean())
    assert likelihood.whole == pytest.approx(np.log(0.96))


def test_a_stream_that_lies_is_worth_less_than_nothing() -> None:
    targets = np.array([1, 2, 0])
    likelihood, accuracy = contributions(
        telling, {"a": np.array([0, 0, 1])}, np.ones((3, 1), bool), targets.astype(float), PRIOR
    )
    assert likelihood.streams["a"] < 0
    assert accuracy.streams["a"] == pytest.approx(-1 / 3)


def test_an_item_without_any_stream_of_the_subset_is_answered_by_the_prior() -> None:
    presence = np.array([[True, False], [False, True], [False, False]])
    found = answered(telling, {"a": np.array([2, 0, 0]), "b": np.zeros(3)}, presence, np.array(PRIOR))
    assert found[0] == pytest.approx([0.02, 0.02, 0.96])
    assert found[2] == pytest.approx(PRIOR)


def test_a_stream_that_no_item_has_is_worth_exactly_nothing() -> None:
    presence = np.array([[True, False]] * 4)
    windows = {"a": np.array([0, 1, 2, 1]), "b": np.zeros(4)}
    for found in contributions(telling, windows, presence, np.array([0.0, 1, 1, 1]), PRIOR):
        assert found.streams["b"] == 0.0


def test_a_certain_error_costs_no_more_than_single_precision_can_tell() -> None:
    (likelihood, _) = contributions(
        lambda _, presence: np.tile([1.0, 0.0], (len(presence), 1)),
        {"a": np.zeros(1)},
        np.ones((1, 1), bool),
        np.array([1.0]),
        (0.5, 0.5),
    )
    assert likelihood.whole == pytest.approx(np.log(LEAST_PROBABILITY))


def test_too_many_streams_and_no_labels_are_refused() -> None:
    many = {f"s{n}": np.zeros(1) for n in range(13)}
    with pytest.raises(ValueError, match="13 streams have 8192 subsets; allowed: at most 12 streams"):
        contributions(telling, many, np.ones((1, 13), bool), np.zeros(1), PRIOR)
    with pytest.raises(ValueError, match="none of 2 items has a known class"):
        contributions(telling, {"a": np.zeros(2)}, np.ones((2, 1), bool), np.full(2, np.nan), PRIOR)
