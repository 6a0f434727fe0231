"""Whether a part is like anything that the network has seen."""

from qc_station.report.section import Section
from qc_station.report.sections.measured import measured
from qc_station.report.training import Training


def section(training: Training) -> Section:
    """The figures as they were recorded."""
    return measured(
        anchor="novelty",
        title="Novelty",
        words="Whether a part is like anything that the network has seen.",
        nothing="Novelty was not measured in this training.",
        table_of=training.record.novelty,
    )
