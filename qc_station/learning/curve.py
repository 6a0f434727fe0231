"""Whether more labelled parts would help: the classical floor, fitted on more and more of the training items.

The floor takes a tenth of a second where the network takes minutes, and it hears the same labels: while it still gains
from more of them, they are worth collecting.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.floor import Floor
from models.injection import Dataset, InputSpec
from models.novelty.leaving_out import taken
from models.tasks import Task
from qc_station.learning.record import CurvePoint

SHARES = (0.125, 0.25, 0.5, 1.0)
"""Of the training items; each share holds the smaller ones."""
FEWEST = 16
"""With fewer items a share is left out."""
LEAST = 1e-6
"""Probability under which a log loss is not taken: one item must not decide the curve."""


def learning_curve(
    inputs: Sequence[InputSpec], task: Task, train: Dataset, val: Dataset, seed: int
) -> tuple[CurvePoint, ...]:
    """Fit the floor on growing shares of the training items.

    Args:
        inputs: The streams.
        task: A task of classes of the whole part.
        train: Training items.
        val: Validation items, the same for every share.
        seed: Chooses the order in which items are added.

    Returns:
        A point for each share that has enough items; none without a labelled validation item.
    """
    known = ~np.isnan(val.targets[task.name])
    labelled = np.flatnonzero(~np.isnan(train.targets[task.name]))
    order = np.random.default_rng(seed).permutation(labelled)
    points = []
    for count in (round(share * len(order)) for share in SHARES):
        if count < FEWEST or not known.any():
            continue
        floor = Floor(inputs, task, taken(train, np.sort(order[:count])))
        if floor.rules:
            floor.calibrate(val)
            points.append(
                _point(count, floor.predict_proba(val)[known], val.targets[task.name][known].astype(np.int64))
            )
    return tuple(points)


def _point(items: int, answers: NDArray[np.float64], targets: NDArray[np.int64]) -> CurvePoint:
    own = answers[np.arange(len(targets)), targets]
    return CurvePoint(
        items=items,
        correct=int((answers.argmax(axis=1) == targets).sum()),
        total=len(targets),
        log_loss=float(f"{-np.log(np.maximum(own, LEAST)).mean():.6g}"),
    )
