"""Two models on the same parts: is the difference more than chance?"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
FEWEST_GROUPS = 8
"""Groups under which a bootstrap interval is too narrow to be relied on."""
BLOCK = 4_000_000
"""Numbers of a block of resamples; bounds the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """How two models disagree about what is right."""

    only_first: int
    """Parts that the first gets right and the second wrong."""
    only_second: int
    """Parts that the second gets right and the first wrong."""
    p: float
    """Two-sided mid-p value of the hypothesis that both are right equally often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A figure of the first model less that of the second, with its bootstrap interval."""

    value: float
    """On all parts."""
    lower: float
    """Lower end of the two-sided interval."""
    upper: float
    """Upper end."""
    resamples: int
    """Resamples that allowed the figure; e.g. an AUC needs both classes."""
    groups: int
    """Groups that were drawn from."""

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 0, and comes from enough groups to be believed."""
        return (self.lower > 0 or self.upper < 0) and self.groups >= FEWEST_GROUPS


def mcnemar(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> McNemar:
    """Exact McNemar test (Psychometrika 12, 1947) with the mid-p of Fagerland, Lydersen and Laake (2013, eq. 4).

    Of the parts about which the models disagree, half should be won by each; the mid-p counts the outcome that was seen
    by half, which keeps the test exact on average where the plain binomial is too careful.

    Args:
        first_right: Whether the first model is right about each part, shape (parts,).
        second_right: The same of the second.
    """
    first, second = int((first_right & ~second_right).sum()), int((second_right & ~first_right).sum())
    total, fewer = first + second, min(first, second)
    if not total:
        return McNemar(only_first=0, only_second=0, p=1.0)
    below = math.fsum(_half_binomial(k, total) for k in range(fewer))
    here = _half_binomial(fewer, total)
    # In the middle the two tails meet in what was seen, which halved twice is itself.
    p = 1.0 if first == second else 2 * below + here
    return McNemar(only_first=first, only_second=second, p=p)


def _half_binomial(count: int, total: int) -> float:
    """Chance of so many heads of a fair coin."""
    logs = math.lgamma(total + 1) - math.lgamma(count + 1) - math.lgamma(total - count + 1) - total * math.log(2)
    return math.exp(logs)


def mean_difference(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    groups: Sequence[str],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """Difference of a mean over parts, such as the log loss, with its interval over resampled groups.

    Args:
        first: A number of each part under the first model, shape (parts,).
        second: The same under the second.
        groups: Group of each part; parts of one group are drawn together, since they are not independent.
        confidence: Of the interval.
        resamples: Bootstrap draws (Efron 1979, percentile interval).
        seed: Of the draws.
    """
    owner, count = _numbered(groups)
    gain = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    sums, sizes = np.bincount(owner, gain, count), np.bincount(owner, minlength=count)
    found = [(drawn @ sums) / (drawn @ sizes) for drawn in _draws(count, resamples, seed, width=count)]
    return _difference(float(gain.mean()), np.concatenate(found), confidence, count)


def auc_difference(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    positive: NDArray[np.bool_],
    groups: Sequence[str],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference | None:
    """Difference of the AUC with its interval over resampled groups; None where all parts are of one class.

    Args:
        first: Score of each part under the first model, shape (parts,); a higher one says positive.
        second: The same under the second.
        positive: Which parts are, shape (parts,).
        groups: Group of each part.
        confidence: Of the interval.
        resamples: Bootstrap draws; those without one of the classes are left out.
        seed: Of the draws.
    """
    if positive.all() or not positive.any():
        return None
    owner, count = _numbered(groups)
    once = np.ones((1, len(positive)))
    whole = weighted_auc(first, positive, once) - weighted_auc(second, positive, once)
    found = []
    for drawn in _draws(count, resamples, seed, width=len(positive)):
        weights = drawn[:, owner]
        found.append(weighted_auc(first, positive, weights) - weighted_auc(second, positive, weights))
    return _difference(float(whole[0]), np.concatenate(found), confidence, count)


def auc_interval(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    groups: Sequence[str],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference | None:
    """The AUC of one model less that of chance, 1/2, with its interval over resampled groups; see `auc_difference`."""
    same = np.zeros(len(positive))
    return auc_difference(scores, same, positive, groups, confidence=confidence, resamples=resamples, seed=seed)


def weighted_auc(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Chance that a positive scores above a negative, ties half, where parts count several times.

    Args:
        scores: Shape (parts,).
        positive: Shape (parts,).
        weights: How often each part counts, shape (draws, parts).

    Returns:
        Shape (draws,); NaN where a draw lacks one of the classes.
    """
    order = np.argsort(scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    # By distinct score: the weight of the positives and of the negatives that have it.
    up, down = (
        np.diff(np.cumsum(weights[:, order] * kind[order], axis=1)[:, ends], axis=1, prepend=0.0)
        for kind in (positive, ~positive)
    )
    below = np.cumsum(down, axis=1) - down / 2
    with np.errstate(invalid="ignore"):
        share: NDArray[np.float64] = (up * below).sum(axis=1) / (up.sum(axis=1) * down.sum(axis=1))
    return share


def _numbered(groups: Sequence[str]) -> tuple[NDArray[np.int64], int]:
    """The group's number of each part, and how many groups there are."""
    names, numbers = np.unique(np.asarray(groups), return_inverse=True)
    return numbers.astype(np.int64), len(names)


def _draws(groups: int, resamples: int, seed: int, width: int) -> Iterator[NDArray[np.float64]]:
    """How often each group is drawn, in blocks of shape (some, groups)."""
    random, rows = np.random.default_rng(seed), max(1, BLOCK // max(1, width))
    shares = np.full(groups, 1 / groups)
    for start in range(0, resamples, rows):
        yield random.multinomial(groups, shares, min(rows, resamples - start)).astype(np.float64)


def _difference(value: float, found: NDArray[np.float64], confidence: float, groups: int) -> Difference:
    known = found[np.isfinite(found)]
    side = (1 - confidence) / 2
    if not len(known):
        return Difference(value=value, lower=-math.inf, upper=math.inf, resamples=0, groups=groups)
    lower, upper = (float(np.quantile(known, q)) for q in (side, 1 - side))
    return Difference(value=value, lower=lower, upper=upper, resamples=len(known), groups=groups)
