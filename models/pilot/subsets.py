"""Parts of a data set: some items, some streams."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.injection import ABSENT, Dataset


def having_any(data: Dataset, streams: Sequence[str]) -> Dataset:
    """The items with at least one of some streams, and these streams alone."""
    return data.taken(np.flatnonzero(_there(data, streams).any(axis=1)), streams)


def having_all(data: Dataset, streams: Sequence[str]) -> Dataset:
    """The items with every one of some streams, and these streams alone."""
    return data.taken(np.flatnonzero(_there(data, streams).all(axis=1)), streams)


def _there(data: Dataset, streams: Sequence[str]) -> NDArray[np.bool_]:
    return np.stack([data.rows[name] != ABSENT for name in streams], axis=1)
