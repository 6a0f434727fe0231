"""How every loss still moved when training ended, by the eyes of the steady-state test."""

import math
from collections.abc import Mapping, Sequence

from models.history import Epoch
from models.recurrence import ERRORS, SPANS, TOLERANCE
from models.steadiness import Drift, drift_of
from qc_station.learning.record import CUMULATIVE, DriftRecord


def drifts(epochs: Sequence[Epoch], priorities: Mapping[str, float], window: int) -> tuple[DriftRecord, ...]:
    """Every path's drift, the cumulative loss first, training before validation.

    Args:
        epochs: All epochs.
        priorities: Weight of each output in the cumulative loss.
        window: Epochs within which a steady loss hardly changes.
    """
    tables = {False: [epoch.train for epoch in epochs], True: [epoch.val for epoch in epochs]}
    found = []
    for path in (CUMULATIVE, *priorities):
        for validation, table in tables.items():
            if path == CUMULATIVE:
                losses = [sum(priorities[o] * loss for o, loss in row.items()) for row in table if row]
            else:
                losses = [row[path] for row in table if path in row]
            found.append(drift_record(path, validation, losses, window))
    return tuple(found)


def drift_record(path: str, validation: bool, losses: Sequence[float], window: int) -> DriftRecord:
    """One path over that of the test's spans in which it looks steadiest: the test passes when one of them does."""
    looked: list[tuple[float, int, Drift]] = []
    for epochs in (round(span * window) for span in SPANS):
        last = losses[-epochs:]
        if len(losses) >= 2 * window and len(last) == epochs and all(map(math.isfinite, last)):
            drift = drift_of(last, window, largest=max(filter(math.isfinite, losses)))
            looked.append((abs(drift.change) + ERRORS * drift.error, epochs, drift))
    if not looked:
        return DriftRecord(path=path, validation=validation, epochs=0, change=None, error=None, steady=False)
    reach, epochs, drift = min(looked, key=lambda one: one[:2])
    return DriftRecord(
        path=path,
        validation=validation,
        epochs=epochs,
        change=drift.change,
        error=drift.error,
        steady=reach <= TOLERANCE,
    )
