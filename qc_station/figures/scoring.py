"""Figures of one task: accuracy, macro F1, AUC, log loss, calibration error."""

import numpy as np
from numpy.typing import NDArray

CALIBRATION_BINS = 15
Figures = dict[str, float | None]
NAMES = ("accuracy", "macro_f1", "auc", "log_loss", "ece")


def classification(probabilities: NDArray[np.float32], targets: NDArray[np.int64], ok: NDArray[np.bool_]) -> Figures:
    """Figures of a class task; None where the targets do not allow one.

    Args:
        probabilities: Shape (items, classes).
        targets: Class indices, shape (items,).
        ok: Which classes mean a good part, shape (classes,).

    Returns:
        accuracy; macro_f1 over the classes that occur in targets or answers; auc of "not ok" against "ok", or the mean
        one-vs-rest AUC where no class is ok; log_loss in nats; ece over 15 equal bins of the largest probability.
    """
    if not len(targets):
        return dict.fromkeys(NAMES)
    answers = probabilities.argmax(axis=1)
    own = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return {
        "accuracy": float((answers == targets).mean()),
        "macro_f1": macro_f1(answers, targets),
        "auc": _class_auc(probabilities, targets, ok),
        "log_loss": float(-np.log(np.maximum(own, 1e-12)).mean()),
        "ece": calibration_error(probabilities.max(axis=1), answers == targets),
    }


def regression(values: NDArray[np.float32], targets: NDArray[np.float32]) -> Figures:
    """Figures of a value task: those of a class task as None, then mae, rmse and r2 in the value's own unit."""
    empty: Figures = dict.fromkeys(NAMES)
    if not len(targets):
        return empty | {"mae": None, "rmse": None, "r2": None}
    residual = values.astype(np.float64) - targets
    variance = float(targets.astype(np.float64).var())
    mean_square = float((residual**2).mean())
    r2 = 1 - mean_square / variance if variance > 0 else None
    return empty | {"mae": float(np.abs(residual).mean()), "rmse": mean_square**0.5, "r2": r2}


def macro_f1(answers: NDArray[np.int64], targets: NDArray[np.int64]) -> float:
    """Mean over classes of 2 TP / (2 TP + FP + FN)."""
    scores = []
    for number in np.union1d(answers, targets):
        hits = int(((answers == number) & (targets == number)).sum())
        scores.append(2 * hits / (int((answers == number).sum()) + int((targets == number).sum())))
    return float(np.mean(scores))


def auc(scores: NDArray[np.float32], positive: NDArray[np.bool_]) -> float | None:
    """Chance that a positive scores above a negative, ties half (Mann-Whitney); None without both."""
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    # Mean rank of each distinct score, counted from 1.
    ranks = np.cumsum(count) - (count - 1) / 2
    total = float(ranks[place][positive].sum())
    return (total - positives * (positives + 1) / 2) / (positives * negatives)


def _class_auc(probabilities: NDArray[np.float32], targets: NDArray[np.int64], ok: NDArray[np.bool_]) -> float | None:
    if ok.any() and not ok.all():
        return auc(probabilities[:, ~ok].sum(axis=1), ~ok[targets])
    found = [auc(probabilities[:, c], targets == c) for c in range(probabilities.shape[1])]
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if known else None


def calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """Expected calibration error (Naeini et al. 2015): mean |accuracy - confidence| of the bins, by their size."""
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    sizes = np.bincount(bins, minlength=CALIBRATION_BINS)
    gap = np.bincount(bins, right - confidence.astype(np.float64), minlength=CALIBRATION_BINS)
    return float(np.abs(gap).sum() / max(1, sizes.sum()))
