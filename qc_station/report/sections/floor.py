"""The network beside a simple classifier on simple features: what it has to beat."""

from qc_station.report.section import Section
from qc_station.report.sections.measured import measured
from qc_station.report.training import Training


def section(training: Training) -> Section:
    """The figures as they were recorded."""
    return measured(
        anchor="floor",
        title="The classical floor",
        words="The network beside a simple classifier on simple features: what it has to beat.",
        nothing="No classical floor was fitted beside this network.",
        table_of=training.record.floor,
    )
