"""Fit novelty to a trained network: spaces on training windows, p-values on validation items."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.model_selection import KFold
from torch import Tensor

from models.deciding import Deciding
from models.encoders.base import Encoder
from models.injection import ABSENT, Dataset
from models.network import MultimodalNetwork
from models.novelty.conformal import NEVER
from models.novelty.distances import Distances, Space
from models.novelty.novelty import Novelty, strangeness
from models.tasks import Task

MOST_WINDOWS = 4000
"""Training windows of a stream that a space is fitted to."""
MOST_REFERENCES = 512
"""Training windows that the graph carries for the nearest neighbours."""
FEWEST = 12
"""With fewer training windows a stream gets no novelty; its p-value is 1."""
FOLDS = 3
RIDGE = 1e-6
"""Least variance in any direction, relative to that of a measure: only windows that are all alike come near it."""
BATCH = 256


@torch.no_grad()
def fit_novelty(deciding: Deciding, train: Dataset, val: Dataset, seed: int = 0) -> None:
    """Give a trained network its novelty, to be called before export.

    Each stream is judged by two layers: the plain measures of its front end, in which also what training never had to
    tell apart stays apart, and the learned features. Class means and covariance come from training windows alone, usual
    distances from training windows that were left out of a fit in turn, p-values from validation items.

    Args:
        deciding: In evaluation mode; it is changed.
        train: What the network was trained on.
        val: Items that it did not learn from, exchangeable with those to come. That they also chose the epoch that was
            kept is not accounted for; a line that changes with time breaks the promise, which is what drift shows.
        seed: Chooses the folds and the references.
    """
    network = deciding.network
    layers, scores = [], torch.full((len(val), len(network.streams)), NEVER)
    for column, stream in enumerate(network.streams):
        items = some(usable(train, stream), MOST_WINDOWS)
        groups = groups_of(network.tasks, stream, train, items)
        enough = len(items) >= FEWEST
        layers.append(
            [distances_of(r, groups, seed) for r in observed(network, stream, train, items)] if enough else []
        )
        judged = usable(val, stream)
        if enough and len(judged):
            scores[judged, column] = strangeness(layers[-1], observed(network, stream, val, judged))[:, 0]
    deciding.novelty = Novelty(network.streams, layers, scores).eval()


def observed(network: MultimodalNetwork, stream: str, data: Dataset, items: NDArray[np.int64]) -> list[Tensor]:
    """What both layers of a stream say about some items that have it, each of shape (items, width)."""
    encoder = network.encoders[stream]
    if not isinstance(encoder, Encoder):
        raise TypeError(f"stream {stream!r}: {type(encoder).__name__} is no Encoder, so it has no plain measures")
    rows = data.rows[stream][items]
    found = []
    for start in range(0, len(rows), BATCH):
        windows = data.windows[stream][rows[start : start + BATCH]].astype(np.float32)
        found.append(encoder.observe(torch.from_numpy(windows)))
    return [torch.cat(layer) for layer in zip(*found, strict=True)]


def groups_of(tasks: Sequence[Task], stream: str, data: Dataset, items: NDArray[np.int64]) -> NDArray[np.int64]:
    """Class of each item as the stream itself shows it, else that of the part; unknown ones are a group of their own."""
    own = [t for t in tasks if t.classes and t.stream == stream]
    whole = [t for t in tasks if t.classes and t.stream is None]
    if not own and not whole:
        return np.zeros(len(items), np.int64)
    return np.nan_to_num(data.targets[(own + whole)[0].name][items], nan=-1.0).astype(np.int64)


def distances_of(rows: Tensor, groups: NDArray[np.int64], seed: int) -> Distances:
    """Fit the distances in one layer.

    Args:
        rows: Training windows in this layer, shape (windows, width), float32.
        groups: Their classes, shape (windows,).
        seed: Chooses folds and references.
    """
    table, (_, codes) = rows.double().numpy(), np.unique(groups, return_inverse=True)
    classes, near = torch.full((len(table), int(codes.max()) + 1), torch.inf), torch.empty(len(table), 1)
    for inside, outside in KFold(FOLDS, shuffle=True, random_state=seed).split(table):
        apart = Distances(space_of(table[inside], codes[inside], seed))
        places = torch.from_numpy(outside)[:, None], torch.from_numpy(np.unique(codes[inside]))
        classes[places], near[outside] = apart.logarithms(rows[outside])
    distances = Distances(space_of(table, codes, seed))
    distances.settle(classes, near, torch.from_numpy(codes))
    return distances


def space_of(table: NDArray[np.float64], groups: NDArray[np.int64], seed: int) -> Space:
    """Whiten by the covariance within classes, shrunk as Ledoit and Wolf 2004 (J. Multivariate Analysis 88) say."""
    centre, scale = table.mean(axis=0), table.std(axis=0)
    # What never moved in training may move later; it then counts much, but not without bound.
    scale = np.maximum(scale, 0.01 * max(float(np.median(scale)), 1e-6))
    rows = (table - centre) / scale
    classes, codes = np.unique(groups, return_inverse=True)
    means = np.stack([rows[codes == c].mean(axis=0) for c in range(len(classes))])
    covariance = LedoitWolf(assume_centered=True).fit(rows - means[codes]).covariance_
    root = np.linalg.inv(np.linalg.cholesky(covariance + RIDGE * np.eye(len(covariance)))).T
    chosen = by_turns(codes, np.random.default_rng(seed))[:MOST_REFERENCES]
    return Space(centre=centre, whitening=root / scale[:, None], means=means @ root, references=rows[chosen] @ root)


def by_turns(codes: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """All places in a random order in which the classes take turns, so that rare ones are in the front too."""
    order = random.permutation(len(codes))
    turn = np.empty(len(codes), np.int64)
    for code in np.unique(codes):
        members = order[codes[order] == code]
        turn[members] = np.arange(len(members))
    return order[np.argsort(turn[order], kind="stable")]


def usable(data: Dataset, stream: str) -> NDArray[np.int64]:
    """The items that have the stream and count: a weight or a quality of 0 says that a window tells nothing."""
    here = data.rows[stream] != ABSENT
    for name in ("", stream):
        here = here & (data.weights.get(name, np.ones(1, np.float32)) > 0)
    return np.flatnonzero(here)


def some(items: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many items at regular places."""
    return items[:: 1 + (len(items) - 1) // most] if len(items) else items
