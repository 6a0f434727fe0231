"""What each stream adds to the answer."""

from qc_station.learning.record import ContributionRecord
from qc_station.report.charts.bars import Bar, bar_chart
from qc_station.report.figure_text import decimals
from qc_station.report.markup import Markup
from qc_station.report.section import Section, figure, grid
from qc_station.report.training import Training

TITLE = "What each sensor adds"
NAMES = {"log_likelihood": ("log likelihood", "nats"), "accuracy": ("accuracy", "share of items")}


def section(training: Training) -> Section:
    """Bars of the exact Shapley values."""
    found = training.record.contributions
    if not found:
        return Section(anchor="contributions", title=TITLE, words="Contributions were not measured.")
    words = (
        "Exact Shapley values: the mean gain from adding a stream over all orders in which the streams can be added. "
        "They add up to what all streams gain over none; below zero a stream misleads."
    )
    return Section(
        anchor="contributions", title=TITLE, words=words, body=grid(*(_picture(training, one) for one in found))
    )


def _picture(training: Training, found: ContributionRecord) -> Markup:
    name, unit = NAMES.get(found.figure, (found.figure, ""))
    bars = [
        Bar(name=stream, value=value, words=f"{value:+.3f}", colour=training.colour(stream))
        for stream, value in found.streams.items()
    ]
    title = f"{name}: {decimals(found.prior)} without a stream, {decimals(found.whole)} with all, {found.items} items"
    return figure(title, bar_chart(f"Shapley values of the {name}", bars, f"{name}, {unit}"))
