"""How much each pair counts, and how much of the gradient is its own."""

from collections.abc import Sequence

from qc_station.report.charts.lines import Line, line_chart
from qc_station.report.markup import Markup
from qc_station.report.section import Section, figure, grid
from qc_station.report.sections.losses import marks
from qc_station.report.training import Training


def section(training: Training) -> Section:
    """Weights, gradient shares and learning rates by epoch."""
    epochs, notes = training.record.epochs, training.record.notes
    drawn = [_picture(training, "weight of each pair", "weight", [e.weights for e in epochs])]
    shares = [e.shares for e in epochs]
    missing = ""
    if any(shares):
        drawn.append(
            _picture(training, "share of the gradient at the shared features", "share of weight x norm", shares)
        )
    else:
        missing = " Shares of the gradient were not measured in this training."
    if any(e.rates for e in epochs):
        drawn.append(_picture(training, "learning rate of each path", "learning rate", [e.rates for e in epochs]))
    if any(e.extra for e in epochs):
        drawn.append(_picture(training, "further terms of the total", "mean value", [e.extra for e in epochs]))
    words = f"Weighting: {training.manifest.provenance.get('weighting', 'not recorded')}. {' '.join(notes)}{missing}"
    return Section(
        anchor="weights", title="Weights, gradient shares and learning rates", words=words.strip(), body=grid(*drawn)
    )


def _picture(training: Training, title: str, what: str, tables: Sequence[dict[str, float | None]]) -> Markup:
    names = list(dict.fromkeys(name for table in tables for name in table))
    lines = [Line(name=n, values=[t.get(n) for t in tables], colour=c) for c, n in enumerate(names)]
    numbers = [float(epoch.number) for epoch in training.record.epochs]
    chart = line_chart(f"{title} by epoch", numbers, lines, ("epoch", what), marks=marks(training), whole=True)
    return figure(title, chart)
