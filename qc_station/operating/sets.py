"""Sets of classes that hold the true one as often as promised, for each class by itself.

Class-conditional split conformal prediction with the score of least ambiguous sets (Sadinle, Lei and Wasserman, JASA
114, 2019, arXiv 1609.00451): a class stands in a part's set where the probability of all others is at most the
ceil((n + 1) coverage)-th smallest among the n held-out parts of that class. Classes with few parts share one threshold,
as the null cluster of Ding et al. (2023, arXiv 2306.09335); the promise holds for them together.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qc_station.figures.rates import Rate, rate
from qc_station.operating.held import Held

ENOUGH = 50
"""Parts of a class from which it has a threshold of its own: that of n parts covers up to 1 / (n + 1) too much."""
SPLITS = 200
SETTING = 0.8
"""Share of the groups that sets the thresholds of a split; the others are measured."""
FOLDS = 5
"""Shares of the groups that are measured in turn, by the thresholds of the others, so that every part is counted once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSet:
    """One class."""

    parts: int
    """Held-out parts of the class."""
    own: bool
    """Whether it has a threshold of its own; else that of all classes with few parts."""
    threshold: float
    """The class stands in a set where the others have at most this probability; infinite: in every set."""
    coverage: float | None
    """Share of its parts whose set holds it over all splits, each part in many of them; None where it was never tried."""
    once: Rate
    """The same with each part counted once, in folds; its exact bounds would hold if all parts were independent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFigures:
    """Prediction sets at one coverage."""

    wanted: float
    """Coverage that was asked for."""
    coverage: float | None
    """Marginal coverage: the mean over random splits, the thresholds from most groups and measured on the others."""
    average_size: float | None
    """Classes in a set, likewise."""
    singletons: float | None
    """Share of sets with one class, likewise."""
    empty: float | None
    """Share of sets with none, likewise: parts that are like no class."""
    splits: int
    """Random splits; groups stay together."""
    once: Rate
    """Marginal coverage with each part counted once, in folds; its bounds as those of a class."""
    classes: dict[str, ClassSet]
    """By class."""


def others(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probability of all other classes, shape (parts, classes); exact where that of the own rounds to 1.

    Args:
        probabilities: Shape (parts, classes).
    """
    wide = np.asarray(probabilities, np.float64)
    rest: NDArray[np.float64] = np.maximum(wide.sum(axis=1, keepdims=True) - wide, 0.0)
    return rest


def quantile(scores: NDArray[np.float64], coverage: float) -> float:
    """The conformal quantile of scores, shape (parts,); infinite where there are too few for the coverage."""
    place = math.ceil((len(scores) + 1) * coverage - 1e-9)
    return float(np.partition(scores, place - 1)[place - 1]) if 0 < place <= len(scores) else math.inf


def thresholds(
    scores: NDArray[np.float64], truth: NDArray[np.int64], few: NDArray[np.bool_], coverage: float
) -> NDArray[np.float64]:
    """The threshold of every class.

    Args:
        scores: Of the true class, shape (parts,), as `others` gives them.
        truth: Its place, shape (parts,).
        few: Which classes share a threshold, shape (classes,).
        coverage: Wanted, between 0 and 1.

    Returns:
        Shape (classes,).
    """
    shared = quantile(scores[few[truth]], coverage)
    return np.array([shared if few[c] else quantile(scores[truth == c], coverage) for c in range(len(few))])


def set_figures(held: Held, classes: tuple[str, ...], coverage: float, *, seed: int = 0) -> SetFigures:
    """Thresholds over all held-out parts, and what sets do on parts that did not set them.

    Args:
        held: Held-out parts; those of a class that the bundle does not know are left out.
        classes: Names of the classes.
        coverage: Wanted, between 0 and 1.
        seed: Of the random splits.
    """
    known, count = held.truth >= 0, len(classes)
    rest, truth = others(held.probabilities[known]), held.truth[known]
    sizes = np.bincount(truth, minlength=count)
    final = thresholds(rest[np.arange(len(truth)), truth], truth, sizes < ENOUGH, coverage)
    shares, hits, tried = list[list[float]](), np.zeros(count), np.zeros(count)
    for own, among in _splits(rest, truth, held.group[known], coverage, seed):
        right, size = among[np.arange(len(own)), own], among.sum(axis=1)
        shares.append([float(values.mean()) for values in (right, size, size == 1, size == 0)])
        hits += np.bincount(own, right, count)
        tried += np.bincount(own, minlength=count)
    once = _once(rest, truth, held.group[known], coverage, seed)
    mean = [float(value) for value in np.mean(shares, axis=0)] if shares else [None] * 4
    return SetFigures(
        wanted=coverage,
        coverage=mean[0],
        average_size=mean[1],
        singletons=mean[2],
        empty=mean[3],
        splits=len(shares),
        once=_rate(once),
        classes={
            name: ClassSet(
                parts=int(sizes[c]),
                own=bool(sizes[c] >= ENOUGH),
                threshold=float(final[c]),
                coverage=float(hits[c] / tried[c]) if tried[c] else None,
                once=_rate(once[truth == c] if len(once) else once),
            )
            for c, name in enumerate(classes)
        },
    )


def _rate(hits: NDArray[np.bool_]) -> Rate:
    return rate(int(hits.sum()), len(hits))


def _once(
    rest: NDArray[np.float64], truth: NDArray[np.int64], group: NDArray[np.int64], coverage: float, seed: int
) -> NDArray[np.bool_]:
    """Whether each part's set holds its class, by the thresholds of other folds, shape (parts,); empty for one group."""
    random, names = np.random.default_rng(seed), np.unique(group)
    if len(names) < 2:
        return np.zeros(0, np.bool_)
    held = np.zeros(len(truth), np.bool_)
    for fold in np.array_split(random.permutation(names), min(FOLDS, len(names))):
        measured = np.isin(group, fold)
        own, sets = _measured(rest, truth, ~measured, coverage)
        held[measured] = sets[np.arange(len(own)), own]
    return held


def _splits(
    rest: NDArray[np.float64], truth: NDArray[np.int64], group: NDArray[np.int64], coverage: float, seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Random splits, as `_measured` gives them."""
    random, names = np.random.default_rng(seed), np.unique(group)
    if len(names) < 2:
        return
    for _ in range(SPLITS):
        setting = np.isin(group, random.permutation(names)[: min(round(SETTING * len(names)), len(names) - 1)])
        yield _measured(rest, truth, setting, coverage)


def _measured(
    rest: NDArray[np.float64], truth: NDArray[np.int64], setting: NDArray[np.bool_], coverage: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Classes of the parts that are measured, and their sets, shape (parts, classes), by the thresholds of the others."""
    few = np.bincount(truth, minlength=rest.shape[1]) < ENOUGH
    own = rest[np.arange(len(truth)), truth]
    limits = thresholds(own[setting], truth[setting], few, coverage)
    return truth[~setting], rest[~setting] <= limits
