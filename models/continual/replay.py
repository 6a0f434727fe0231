"""Which old items stand beside the new ones, so that what was learnt is asked again."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.injection import ABSENT, Dataset

REPLAYED = "(replayed)"
"""Key among the targets: 1 for an item that is replayed, NaN for a new one; no task has such a name."""
SHARE = 0.05
"""Share of the old items that are replayed."""
LEAST = 200
"""Old items that are replayed where the share comes to fewer."""
DRAWS = 1 / 2
"""Share of the joined items that are replayed ones; the few are drawn more often to come to it."""


def quotas(available: NDArray[np.int64], many: int) -> NDArray[np.int64]:
    """As many of each class as of any other, and all of those that have fewer.

    A memory of equal parts holds on to rare classes (Chaudhry et al. 2019, arXiv:1902.10486).

    Args:
        available: Items of each class, shape (classes,).
        many: How many are wanted in all.

    Returns:
        Shape (classes,); their sum is `many`, or all that there are.
    """
    given = np.zeros_like(available)
    left = min(many, int(available.sum()))
    while left:
        open_ = np.flatnonzero(given < available)
        each = max(1, left // len(open_))
        # The last few go to the first classes, one each.
        for place in open_[:left]:
            more = min(each, int(available[place] - given[place]), left)
            given[place] += more
            left -= more
    return given


def chosen(old: Dataset, share: float, by: str, *, least: int = 0, seed: int = 0) -> NDArray[np.int64]:
    """Which old items are replayed.

    Args:
        old: All old items.
        share: How many of them, 0 to 1, rounded up; 0 is none at all.
        by: Task whose classes get equal quotas; items of unknown class count as a class of their own.
        least: How many where the share comes to fewer; all where there are fewer.
        seed: Same seed, same items.

    Returns:
        Indices in rising order, int64.

    Raises:
        ValueError: a share outside 0 to 1, or no such task.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share of old items that are replayed: {share} is not within 0 and 1")
    if by not in old.targets:
        raise ValueError(f"no task {by!r} to share replayed items by; there are: {', '.join(old.targets)}")
    random = np.random.default_rng(seed)
    codes = np.nan_to_num(old.targets[by], nan=-1.0)
    classes = [random.permutation(np.flatnonzero(codes == code)) for code in np.unique(codes)]
    many = max(math.ceil(share * len(old) - 1e-9), least if share else 0)
    given = quotas(np.array([len(members) for members in classes], np.int64), many)
    return np.sort(np.concatenate([np.zeros(0, np.int64), *(m[:n] for m, n in zip(classes, given, strict=True))]))


def joined(
    new: Dataset,
    old: Dataset,
    share: float = SHARE,
    *,
    least: int = LEAST,
    draws: float = DRAWS,
    fresh: float = 0.0,
    by: str | None = None,
    seed: int = 0,
) -> Dataset:
    """The new items, and some old ones beside them.

    Args:
        new: New items.
        old: Items to replay from, with targets of the same tasks and classes; only the windows of those that are
            replayed are copied.
        share: Share of the old items that are replayed; 0 is none at all.
        least: How many where the share comes to fewer; all where there are fewer.
        draws: Share of the joined items that should be replayed ones, under 1: each is repeated, as often as any other
            or once more, until it is so; none is left out where they are more.
        fresh: Share of the joined items that should be new ones, under 1; they are repeated likewise.
        by: Task whose classes get equal quotas; None: the first of the new items.
        seed: Same seed, same items.

    Returns:
        New items first; its targets hold `REPLAYED`. A stream that only one of the two has is absent in the other.

    Raises:
        ValueError: a share that is none, no such task, or windows of two shapes or dtypes.
    """
    _check(draws, fresh)
    items = chosen(old, share, by or next(iter(new.targets)), least=least, seed=seed)
    new = new.taken(np.resize(np.arange(len(new)), max(len(new), round(len(items) * fresh / (1.0 - fresh)))))
    repeats = max(len(items), round(len(new) * draws / (1.0 - draws))) if len(items) else 0
    order = np.resize(items, repeats)
    windows, rows = {}, {}
    for stream in dict.fromkeys([*new.rows, *old.rows]):
        windows[stream], rows[stream] = _stream(stream, new, old, order)
    targets = {
        task: np.concatenate([_column(new.targets, task, len(new)), _column(old.targets, task, len(old))[order]])
        for task in dict.fromkeys([*new.targets, *old.targets])
    }
    targets[REPLAYED] = np.repeat(np.array([np.nan, 1.0], np.float32), [len(new), len(order)])
    weights = {
        name: np.concatenate([_column(new.weights, name, len(new), 1), _column(old.weights, name, len(old), 1)[order]])
        for name in dict.fromkeys([*new.weights, *old.weights])
    }
    names = (*new.names, *(old.names[i] for i in order)) if new.names and old.names else ()
    return Dataset(windows=windows, rows=rows, targets=targets, names=names, weights=weights)


def _check(draws: float, fresh: float) -> None:
    for what, asked in (("replayed", draws), ("new", fresh)):
        if not 0.0 <= asked < 1.0:
            raise ValueError(f"share of joined items that are {what}: {asked} is not within 0 and 1")


def _column(table: dict[str, NDArray[np.float32]], name: str, many: int, other: float = np.nan) -> NDArray[np.float32]:
    return table.get(name, np.full(many, other, np.float32))


def _stream(
    stream: str, new: Dataset, old: Dataset, order: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Windows of one stream, each once, and the rows of all items."""
    first = new.rows.get(stream, np.full(len(new), ABSENT))
    second = old.rows.get(stream, np.full(len(old), ABSENT))[order]
    if stream not in old.windows or not (second != ABSENT).any():
        missing = np.full(len(order), ABSENT)
        return (new.windows if stream in new.windows else old.windows)[stream], np.concatenate([first, missing])
    used, place = np.unique(second[second != ABSENT], return_inverse=True)
    replayed = old.windows[stream][used]
    fresh = new.windows.get(stream, replayed[:0])
    if fresh.shape[1:] != replayed.shape[1:] or fresh.dtype != replayed.dtype:
        raise ValueError(
            f"stream {stream!r}: new windows are {fresh.shape[1:]} {fresh.dtype}, "
            f"old ones {replayed.shape[1:]} {replayed.dtype}; they must agree"
        )
    second = second.copy()
    second[second != ABSENT] = len(fresh) + place
    return np.concatenate([fresh, replayed]), np.concatenate([first, second])
