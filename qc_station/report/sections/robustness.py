"""What faults of a sensor do to the answer."""

from collections.abc import Mapping
from typing import Any

from qc_station.report.figure_text import decimals, percent
from qc_station.report.section import Section, table
from qc_station.report.sections.measured import measured
from qc_station.report.training import Training

TITLE = "Robustness"
WORDS = (
    "One sensor at a time is removed, stuck at its mean, driven into saturation, exchanged with that of another part, "
    "noisy, or attacked by somebody who knows the network; the figures stand beside those of the same parts as they "
    "are. Levels are in standard deviations of the sensor's training values; the last column says how many verdicts "
    "became others."
)
HEADER = ("sensor", "fault", "level", "items", "accuracy", "AUC", "log loss", "verdicts changed")


def section(training: Training) -> Section:
    """A row per sensor and fault, the clean figure before the arrow."""
    found = training.record.robustness
    rows = (found or {}).get("rows")
    if not isinstance(rows, (list, tuple)):
        return measured(
            anchor="robustness",
            title=TITLE,
            words="What faults of a sensor do to the answer.",
            nothing="Robustness was not measured in this training.",
            table_of=found,
        )
    return Section(anchor="robustness", title=TITLE, words=WORDS, body=table(HEADER, [_row(row) for row in rows]))


def _row(row: Mapping[str, Any]) -> list[object]:
    pairs = (
        f"{decimals(row['clean'][name])} → {decimals(row['perturbed'][name])}"
        for name in ("accuracy", "auc", "log_loss")
    )
    level = "" if row["level"] is None else f"{row['level']:g}"
    return [row["stream"], row["perturbation"], level, row["items"], *pairs, percent(row["changed"])]
