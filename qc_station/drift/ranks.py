"""From p-values to ranks that are uniform whatever the p-values' own distribution is."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

CELLS: Final = 1021
"""P-values in one cell count as equal. A prime, so that no fraction k / (n + 1) of a usual n lies on the edge of a cell."""


class Ranks:
    """Ranks each value among all before it, in constant memory.

    With `below` earlier values under a value and `same` equal to it, of `total`, the rank is
    (below + share * (same + 1)) / (total + 1), share uniform in (0, 1): the smoothed conformal p-value of Vovk, Gammerman
    and Shafer 2005 (Algorithmic Learning in a Random World, section 2.2) with the earlier values as the bag. If the values
    are exchangeable, ranks are independent and uniform (ibid., theorem 8.2), exactly and for ever.

    That is what p-values of novelty alone are not. A bundle compares every part with the same n calibration items, so
    that p-values are uniform on average over the draw of these items only; given them, they are wrong by about
    1 / sqrt(n) in the same direction for every part, and they have ties. A bet finds this out after a few times n parts
    and takes it for drift. Ranks see only the order of p-values, which is that of the scores, and break ties by `share`.
    """

    def __init__(self, counts: NDArray[np.int64] | None = None) -> None:
        """Args: counts: How many values lie in each cell, shape (CELLS,); None: no value yet."""
        self.counts = np.zeros(CELLS, np.int64) if counts is None else counts
        self.total = int(self.counts.sum())
        """Values so far."""

    @classmethod
    def of(cls, values: Iterable[float]) -> "Ranks":
        """Ranks that begin with values known before, e.g. those of calibration items."""
        ranks = cls()
        for value in values:
            ranks.add(value, 0.5)
        return ranks

    def add(self, value: float, share: float) -> float:
        """Rank a value and keep it.

        Args:
            value: A p-value, from 0 to 1.
            share: Between 0 and 1; breaks ties.

        Returns:
            Its rank, between 0 and 1; small for a part that is stranger than those before.
        """
        place = cell(value)
        below, same = int(self.counts[:place].sum()), int(self.counts[place])
        self.counts[place] += 1
        self.total += 1
        return (below + share * (same + 1)) / self.total


def cell(value: float) -> int:
    """Number of the cell that a p-value lies in.

    Raises:
        ValueError: it is none.
    """
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"p-value {value}; allowed: 0 to 1")
    return min(int(value * CELLS), CELLS - 1)


def share_of(stream: str, part: str) -> float:
    """What breaks a part's ties: as good as drawn, and the same whenever its decision is read again; between 0 and 1."""
    digest = blake2b(f"{stream}\0{part}".encode(), digest_size=6).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**48
