"""What faults of a sensor do to the answer."""

from qc_station.report.section import Section
from qc_station.report.sections.measured import measured
from qc_station.report.training import Training


def section(training: Training) -> Section:
    """The figures as they were recorded."""
    return measured(
        anchor="robustness",
        title="Robustness",
        words="What faults of a sensor do to the answer.",
        nothing="Robustness was not measured in this training.",
        table_of=training.record.robustness,
    )
