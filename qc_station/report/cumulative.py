"""The cumulative loss of every epoch, by priority."""

from qc_station.learning.record import Numbers, TrainingRecord


def cumulative(record: TrainingRecord) -> tuple[list[float | None], list[float | None]]:
    """Of training and of validation: the sum of priority x normalized loss over the pairs that were measured.

    Returns:
        One number an epoch each; None where no pair was measured or one was not finite.
    """
    return [_sum(record, e.train) for e in record.epochs], [_sum(record, e.val) for e in record.epochs]


def _sum(record: TrainingRecord, losses: Numbers) -> float | None:
    total = 0.0
    for output, loss in losses.items():
        if loss is None:
            return None
        total += record.pairs[output].weight * loss
    return total if losses else None
