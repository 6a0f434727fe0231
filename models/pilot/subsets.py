"""Parts of a data set: some items, some streams."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.injection import ABSENT, Dataset


def having_any(data: Dataset, streams: Sequence[str]) -> Dataset:
    """The items with at least one of some streams, and these streams alone."""
    return taken(data, np.flatnonzero(_there(data, streams).any(axis=1)), streams)


def having_all(data: Dataset, streams: Sequence[str]) -> Dataset:
    """The items with every one of some streams, and these streams alone."""
    return taken(data, np.flatnonzero(_there(data, streams).all(axis=1)), streams)


def taken(data: Dataset, items: NDArray[np.int64], streams: Sequence[str]) -> Dataset:
    """Some items and some streams; windows are shared, not copied."""
    return replace(
        data,
        windows={name: data.windows[name] for name in streams},
        rows={name: data.rows[name][items] for name in streams},
        targets={name: values[items] for name, values in data.targets.items()},
        names=tuple(data.names[n] for n in items) if data.names else (),
        weights={name: w[items] for name, w in data.weights.items() if name in ("", *streams)},
    )


def _there(data: Dataset, streams: Sequence[str]) -> NDArray[np.bool_]:
    return np.stack([data.rows[name] != ABSENT for name in streams], axis=1)
