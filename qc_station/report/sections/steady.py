"""What ended training, and how every path still moved by then."""

from qc_station.learning.record import CUMULATIVE, DriftRecord
from qc_station.report.section import Section, table
from qc_station.report.training import Training

HEADER = ["path", "change within a window", "its standard error", "seen over", "steady"]


def section(training: Training) -> Section:
    """A row for the cumulative loss and for every pair, in training and in validation."""
    record = training.record
    words = (
        f"Ended by: {record.ended}. A loss is steady when its change within {record.window} epochs, together with that change's "
        f"standard error, is certainly under {100 * record.tolerance:g} % of its level. The test decides by the cumulative loss of "
        "training and validation; the other rows show every path."
    )
    if not record.drifts:
        words = f"Ended by: {record.ended}. The paths were not looked at."
        return Section(anchor="steady", title="Steady state", words=words)
    rows = [_row(drift) for drift in record.drifts]
    return Section(anchor="steady", title="Steady state", words=words, body=table(HEADER, rows))


def _row(drift: DriftRecord) -> list[str]:
    path = "all paths, cumulative" if drift.path == CUMULATIVE else drift.path
    name = f"{path}, {'validation' if drift.validation else 'training'}"
    if drift.change is None or drift.error is None:
        return [name, "–", "–", "–", "too few epochs"]
    answer = "yes" if drift.steady else "no"
    return [name, f"{drift.change:+.2%}", f"{drift.error:.2%}", f"{drift.epochs} epochs", answer]
