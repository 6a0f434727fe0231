"""What each stream contributes to the answer: exact Shapley values over every subset of streams."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_STREAMS = 12
"""All 2^streams subsets are scored; more streams than this would take thousands of passes over the items."""
LEAST_PROBABILITY = 1e-7
"""Single precision cannot tell smaller probabilities of a sum of 1 from rounding; the log loss ends here."""

Scorer = Callable[[Mapping[str, NDArray[Any]], NDArray[np.bool_]], NDArray[np.floating[Any]]]
"""Windows by stream, shape (batch, ...), and presence, shape (batch, streams), to probabilities, shape (batch, classes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """How one figure is shared out among the streams; their values add up to `whole - prior`."""

    figure: str
    """log_likelihood (mean log-probability of the true class in nats, the negative log loss) or accuracy (0 to 1)."""
    items: int
    """Items over which it is the mean."""
    prior: float
    """The figure without any stream, when the training frequencies answer."""
    whole: float
    """The figure with all streams that each item has."""
    streams: dict[str, float]
    """Shapley value by stream, in the unit of the figure; negative for a stream that misleads."""
    subsets: dict[str, float]
    """The figure by the streams that took part, joined by "+"; "" for none."""


def subsets(streams: int) -> NDArray[np.bool_]:
    """Every subset, shape (2^streams, streams), bool; bit s of a row's number says whether stream s takes part."""
    return ((np.arange(2**streams)[:, None] >> np.arange(streams)) & 1).astype(np.bool_)


def shapley(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Exact Shapley values of a set function (Shapley 1953, "A Value for n-Person Games").

    phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))

    Args:
        values: v of every subset in the order of `subsets`, shape (2^n, ...): further axes, e.g. one per item, are
            shared out side by side.

    Returns:
        Shape (n, ...), float64; their sum over n is v(all) - v(none).

    Raises:
        ValueError: the number of values is no power of two.
    """
    players = len(values).bit_length() - 1
    if len(values) != 2**players:
        raise ValueError(f"{len(values)} values of a set function; allowed: a power of two, one for each subset")
    exact = np.asarray(values, np.float64)
    numbers, sizes = np.arange(len(values)), subsets(players).sum(axis=1)
    # |S|! (n - |S| - 1)! / n! without large factorials.
    shares = np.array([1.0 / (players * comb(players - 1, size)) for size in range(players)])
    found = []
    for player in range(players):
        without = numbers[(numbers >> player) & 1 == 0]
        gains = exact[without | (1 << player)] - exact[without]
        found.append(np.tensordot(shares[sizes[without]], gains, axes=1))
    return np.array(found).reshape(players, *exact.shape[1:])


def answered(
    scores: Scorer,
    windows: Mapping[str, NDArray[Any]],
    presence: NDArray[np.bool_],
    prior: NDArray[np.floating[Any]],
    batch: int = 64,
) -> NDArray[np.float64]:
    """Probabilities of every item under a presence mask, shape (items, classes); without any stream the prior's."""
    found = np.tile(np.asarray(prior, np.float64), (len(presence), 1))
    there = np.flatnonzero(presence.any(axis=1))
    for start in range(0, len(there), batch):
        rows = there[start : start + batch]
        found[rows] = scores({name: table[rows] for name, table in windows.items()}, presence[rows])
    return found


def contributions(
    scores: Scorer,
    windows: Mapping[str, NDArray[Any]],
    presence: NDArray[np.bool_],
    targets: NDArray[np.floating[Any]],
    prior: Sequence[float],
    *,
    batch: int = 64,
) -> tuple[Contributions, ...]:
    """Score all items under all subsets of streams and share the figures out.

    An item that lacks a stream takes part with those of the subset that it has; with none of them it is answered by
    the prior, as the empty subset is. A stream that no item has is thereby worth exactly nothing.

    Args:
        scores: Of a trained network, e.g. `models.scorers.network_scorer(deciding)` on features, or
            `lambda windows, presence: runtime.batch(windows, presence)["label"]` on raw windows.
        windows: By stream in the order of `presence`, shape (items, ...); rows of absent streams hold anything finite.
        presence: Which streams each item has, shape (items, streams), bool.
        targets: Class index of each item, shape (items,); items with NaN are left out.
        prior: Share of each class in training.
        batch: Items that are scored at once.

    Returns:
        One for the log likelihood, one for the accuracy.

    Raises:
        ValueError: more than `MOST_STREAMS` streams, or no item with a known class.
    """
    names = tuple(windows)
    if len(names) > MOST_STREAMS:
        raise ValueError(
            f"{len(names)} streams have {2 ** len(names)} subsets; allowed: at most {MOST_STREAMS} streams"
        )
    known = ~np.isnan(targets)
    if not known.any():
        raise ValueError(f"none of {len(targets)} items has a known class; at least one is needed")
    windows, presence = {name: table[known] for name, table in windows.items()}, presence[known]
    classes = targets[known].astype(np.int64)
    likelihood, right = [], []
    for mask in subsets(len(names)):
        found = answered(scores, windows, presence & mask, np.asarray(prior), batch)
        own = found[np.arange(len(classes)), classes]
        likelihood.append(np.log(own.clip(LEAST_PROBABILITY)).mean())
        right.append((found.argmax(axis=1) == classes).mean())
    figures = {"log_likelihood": np.array(likelihood), "accuracy": np.array(right)}
    return tuple(_shared_out(figure, values, names, len(classes)) for figure, values in figures.items())


def _shared_out(figure: str, values: NDArray[np.float64], names: tuple[str, ...], items: int) -> Contributions:
    taking_part = ["+".join(n for n, there in zip(names, mask, strict=True) if there) for mask in subsets(len(names))]
    return Contributions(
        figure=figure,
        items=items,
        prior=float(values[0]),
        whole=float(values[-1]),
        streams=dict(zip(names, shapley(values).tolist(), strict=True)),
        subsets=dict(zip(taking_part, values.tolist(), strict=True)),
    )
