"""The nearest window on the other side of a border, among thousands, in seconds."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 512
"""Vectors that are held against all others at once; bounds the memory."""
UNKNOWN: Final = -1
"""Code of what stands on no side of a border."""


def across(vectors: NDArray[np.float32], sides: NDArray[np.int64], reach: float = np.inf) -> NDArray[np.int64]:
    """Pairs of windows on different sides of a border that may be one recording.

    Args:
        vectors: Shape (variants, windows, numbers), float32; every variant is held against the first.
        sides: The side of each window, shape (windows,); `UNKNOWN` for windows that stand nowhere.
        reach: Largest distance of a pair.

    Returns:
        Shape (pairs, 2): each window with the nearest one across, the lower number first; each pair once.
    """
    base, count = vectors[0], len(sides)
    squares = (base**2).sum(axis=1)
    least, best = np.full(count, np.inf, np.float32), np.full(count, UNKNOWN)
    for side in np.unique(sides[sides != UNKNOWN]):
        there = np.flatnonzero(sides == side)
        here = np.flatnonzero((sides != side) & (sides != UNKNOWN))
        targets = np.ascontiguousarray(base[there].T)
        for start in range(0, len(here), BLOCK):
            block = here[start : start + BLOCK]
            for queries in vectors[:, block]:
                # The query's own square is the same for all of its neighbours.
                distances = squares[there] - 2 * (queries @ targets)
                place = distances.argmin(axis=1)
                found = distances[np.arange(len(block)), place] + (queries**2).sum(axis=1)
                nearer = found < least[block]
                least[block[nearer]], best[block[nearer]] = found[nearer], there[place[nearer]]
    near = np.flatnonzero((best != UNKNOWN) & (np.sqrt(np.maximum(least, 0)) <= reach))
    return np.unique(np.sort(np.stack([near, best[near]], axis=1), axis=1), axis=0)
