"""Distances are those of scikit-learn, in the unit-free form that the graph carries."""

import numpy as np
import pytest
import torch
from sklearn.covariance import LedoitWolf
from sklearn.neighbors import NearestNeighbors

from models.novelty.distances import NEIGHBOURS, Distances
from models.novelty.fitting import by_turns, distances_of, space_of

RANDOM = np.random.default_rng(0)
CODES = RANDOM.integers(0, 3, 200)
ROWS = RANDOM.normal(size=(200, 6)) @ RANDOM.normal(size=(6, 6)) + 4 * CODES[:, None]
NEW = RANDOM.normal(size=(50, 6)) * 5


def measured(rows: np.ndarray, codes: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Both distances."""
    classes, near = Distances(space_of(rows, codes, 0)).logarithms(torch.from_numpy(new.astype(np.float32)))
    return (torch.cat([classes.amin(dim=1, keepdim=True), near], dim=1) / 2).exp().numpy()


def test_the_first_is_scikit_learns_mahalanobis_distance_to_the_nearest_class() -> None:
    scale = ROWS.std(axis=0)
    means = np.stack([ROWS[c == CODES].mean(axis=0) for c in range(3)])
    shrunk = LedoitWolf(assume_centered=True).fit((ROWS - means[CODES]) / scale)
    wanted = np.min([shrunk.mahalanobis((NEW - m) / scale) for m in means], axis=0) ** 0.5
    np.testing.assert_allclose(measured(ROWS, CODES, NEW)[:, 0], wanted, rtol=1e-4)


def test_the_second_is_scikit_learns_distance_to_the_fifth_neighbour_in_the_whitened_space() -> None:
    space = space_of(ROWS, CODES, 0)
    placed = (NEW - space.centre) @ space.whitening
    wanted = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(space.references).kneighbors(placed)[0][:, -1]
    np.testing.assert_allclose(measured(ROWS, CODES, NEW)[:, 1], wanted, rtol=1e-4)


def test_units_and_origins_do_not_matter() -> None:
    unit, origin = np.array([0.2, 1.0, 5.0, 10.0, 0.5, 7.0]), np.arange(6.0)
    other = measured(ROWS * unit + origin, CODES, NEW * unit + origin)
    np.testing.assert_allclose(other, measured(ROWS, CODES, NEW), rtol=1e-3)


def test_windows_of_training_are_usual_and_others_are_not() -> None:
    rows = torch.from_numpy(ROWS.astype(np.float32))
    distances = distances_of(rows[:150], CODES[:150], 0)
    usual, strange = distances(rows[150:]), distances(rows[150:] * torch.tensor([1, -1, 1, -1, 1, -1]))
    assert abs(float(usual.median())) < 0.7
    assert 0.5 < float(usual.std()) < 2.0
    assert float(strange.median()) > 3.0


@pytest.mark.parametrize("factor", [0.0, 1.0, 1e6])
def test_equal_windows_and_far_ones_give_finite_scores(factor: float) -> None:
    same = torch.ones(20, 4)
    found = distances_of(same, np.zeros(20, np.int64), 0)(same * factor)
    assert found.isfinite().all()


def test_what_never_moved_in_training_counts_much_when_it_moves() -> None:
    still = np.concatenate([ROWS, np.full((200, 1), 3.0)], axis=1)
    new = np.concatenate([ROWS[:10], np.full((10, 1), 3.5)], axis=1)
    assert (measured(still, CODES, new)[:, 0] > 2 * measured(ROWS, CODES, ROWS[:10])[:, 0]).all()


def test_among_the_first_references_every_class_has_its_share() -> None:
    codes = np.array([0] * 100 + [1] * 3 + [2] * 30)
    order = by_turns(codes, np.random.default_rng(0))
    assert sorted(order) == list(range(133))
    assert np.bincount(codes[order[:9]]).tolist() == [3, 3, 3]
    assert np.bincount(codes[order[:43]]).tolist() == [20, 3, 20]


def test_the_same_windows_give_the_same_distances() -> None:
    rows = torch.from_numpy(ROWS.astype(np.float32))
    first, again = (distances_of(rows, CODES, 3).state_dict() for _ in range(2))
    assert all(torch.equal(value, again[name]) for name, value in first.items())


def test_a_stranger_near_a_narrow_class_is_no_better_known_for_a_wide_class_elsewhere() -> None:
    """Ten narrow deviations from the narrow class's middle are far, though the wide class scatters as much."""
    codes = np.arange(300) % 2
    rows = RANDOM.normal(size=(300, 4)) * np.where(codes, 3.0, 0.1)[:, None] + 20 * codes[:, None]
    distances = distances_of(torch.from_numpy(rows.astype(np.float32)), codes, 0)
    inside, near, wide = (torch.full((1, 4), at) for at in (0.05, 1.0, 21.5))
    assert float(distances(near)) > 2 + max(float(distances(inside)), float(distances(wide)))
    assert float(distances.usual[1] - distances.usual[0]) > 3


def test_classes_of_one_window_are_as_usual_as_all() -> None:
    rows = torch.from_numpy(RANDOM.normal(size=(60, 4)).astype(np.float32))
    distances = distances_of(rows, np.where(np.arange(60) < 57, 0, np.arange(60)), 0)
    assert distances.usual.isfinite().all()
    assert distances.usual[1:].tolist() == pytest.approx([float(distances.usual[0])] * 3, abs=0.05)
    assert distances(rows).isfinite().all()


def test_when_every_window_is_a_class_of_its_own_distances_stay_finite() -> None:
    rows = torch.from_numpy(RANDOM.normal(size=(30, 4)).astype(np.float32))
    assert distances_of(rows, np.arange(30), 0)(rows).isfinite().all()
