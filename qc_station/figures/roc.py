"""How many bad parts are caught against how many good ones are stopped, at every threshold."""

import numpy as np
from numpy.typing import NDArray


def roc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The receiver operating characteristic (Fawcett 2006), corners only.

    Args:
        scores: Higher for what ought to be positive, shape (items,).
        positive: Shape (items,).

    Returns:
        False and true positive rate, shape (corners, 2), from (0, 0) to (1, 1); items of one score move together. The
        area under it is `scoring.auc`. Without a positive or a negative shape (0, 2).
    """
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return np.zeros((0, 2))
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.diff(scores[order], append=np.nan))
    hits = np.concatenate([[0], np.cumsum(positive[order])[last]])
    misses = np.concatenate([[0], np.cumsum(~positive[order])[last]])
    across, up = np.diff(misses), np.diff(hits)
    # A point on the straight line between its neighbours says nothing.
    bend = np.concatenate([[True], across[1:] * up[:-1] != across[:-1] * up[1:], [True]])
    return np.stack([misses[bend] / negatives, hits[bend] / positives], axis=1)
