"""The search finds what a plain loop finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.audit import neighbours
from qc_station.audit.neighbours import UNKNOWN, across


def plain(vectors: np.ndarray, sides: np.ndarray, reach: float) -> list[list[int]]:
    pairs = set()
    for number, side in enumerate(sides):
        others = [n for n, s in enumerate(sides) if UNKNOWN not in (s, side) and s != side]
        distances = {n: min(float(np.linalg.norm(v - vectors[0, n])) for v in vectors[:, number]) for n in others}
        if distances and min(distances.values()) <= reach:
            pairs.add(tuple(sorted((number, min(distances, key=lambda n: distances[n])))))
    return [list(pair) for pair in sorted(pairs)]


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 3), st.sampled_from([0.8, 2.0, np.inf]))
def test_it_is_the_plain_loop(seed: int, count: int, variants: int, reach: float) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((variants, count, 3)).astype(np.float32)
    sides = random.integers(UNKNOWN, 3, count)
    assert across(vectors, sides, reach).tolist() == plain(vectors.astype(np.float64), sides, reach)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    vectors, sides = random.standard_normal((2, 90, 4)).astype(np.float32), random.integers(0, 3, 90)
    whole = across(vectors, sides)
    monkeypatch.setattr(neighbours, "BLOCK", 7)
    assert across(vectors, sides).tolist() == whole.tolist()


def test_without_a_border_there_is_nothing_across() -> None:
    vectors = np.ones((1, 5, 2), np.float32)
    assert across(vectors, np.zeros(5, np.int64)).shape == (0, 2)
    assert across(vectors, np.full(5, UNKNOWN)).shape == (0, 2)
