"""What ended training, and how flat every path was by then."""

from collections.abc import Sequence

from qc_station.report.cumulative import cumulative
from qc_station.report.figure_text import percent, short
from qc_station.report.section import Section, table
from qc_station.report.steadiness import Steadiness, steadiness
from qc_station.report.training import Training

HEADER = ["path", "slope an epoch", "twice its error", "spread", "steady"]


def section(training: Training) -> Section:
    """A row for the cumulative loss and for every pair, in training and in validation."""
    window = training.record.window
    rows = [[name, *_row(found)] for name, found in views(training).items()]
    words = (
        f"Ended by: {training.record.ended}. A loss is steady when over the last {window} epochs its slope cannot be told from "
        "zero (within two standard errors) and it spreads by at most 0.5 % of its level. The test looks at the cumulative loss "
        "of training and validation; the other rows show every path."
    )
    return Section(anchor="steady", title="Steady state", words=words, body=table(HEADER, rows))


def views(training: Training) -> dict[str, Steadiness | None]:
    """By path, the cumulative loss first."""
    record = training.record
    train, val = cumulative(record)
    losses: dict[str, Sequence[float | None]] = {"cumulative, training": train, "cumulative, validation": val}
    for output in record.pairs:
        losses[f"{output}, training"] = [epoch.train.get(output) for epoch in record.epochs]
        losses[f"{output}, validation"] = [epoch.val.get(output) for epoch in record.epochs]
    return {name: steadiness(values, record.window) for name, values in losses.items()}


def _row(found: Steadiness | None) -> list[str]:
    if found is None:
        return ["–", "–", "–", "too few epochs"]
    answer = "yes" if found.steady else "no"
    return [f"{found.slope:+.2g}", short(2 * found.error), percent(found.spread), answer]
