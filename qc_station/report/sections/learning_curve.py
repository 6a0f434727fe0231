"""How fast it learnt, and whether more labelled parts would help."""

from qc_station.figures.rates import rate
from qc_station.learning.record import CurvePoint
from qc_station.report.charts.lines import Line, line_chart
from qc_station.report.cumulative import cumulative
from qc_station.report.figure_text import bounds, decimals, percent
from qc_station.report.markup import Markup, join
from qc_station.report.section import Section, figure, grid, table
from qc_station.report.sections.headline import right_classes
from qc_station.report.training import Training

TITLE = "Learning curve"
FLOOR = (
    " The classical floor was fitted on more and more of the training items: while its curve rises to the right end, more "
    "labelled parts help."
)
NOTHING = " No curve over the number of training items was measured."


def section(training: Training) -> Section:
    """The cumulative loss against time, and right classes against training items."""
    points = training.record.learning_curve
    drawn = [_against_time(training), *([_against_items(training, points)] if points else [])]
    words = "The cumulative loss against the time that was spent." + (FLOOR if points else NOTHING)
    body = join(grid(*drawn), _rows(points)) if points else grid(*drawn)
    return Section(anchor="learning_curve", title=TITLE, words=words, body=body)


def _against_time(training: Training) -> Markup:
    train, val = cumulative(training.record)
    lines = [Line(name="validation", values=val, colour=0), Line(name="training", values=train, colour=0, faint=True)]
    seconds = [epoch.elapsed_s for epoch in training.record.epochs]
    chart = line_chart("Cumulative loss by time", seconds, lines, ("seconds since the start", "cumulative loss"))
    return figure("cumulative loss against time", chart)


def _against_items(training: Training, points: tuple[CurvePoint, ...]) -> Markup:
    """The floor's line, and the network, which was trained on all items, as a point."""
    found = right_classes(training)
    network = found.count / found.total if found and found.total else None
    lines = [
        Line(name="floor", values=[p.correct / p.total for p in points], colour=1),
        Line(name="network", values=[*[None] * (len(points) - 1), network], colour=0),
    ]
    titles = ("training items", "share of right classes")
    items = [float(p.items) for p in points]
    chart = line_chart("Right classes by training items", items, lines, titles, limits=(0.0, 1.0), whole=True)
    return figure("right classes against training items", chart)


def _rows(points: tuple[CurvePoint, ...]) -> Markup:
    rows = [
        [p.items, percent(p.correct / p.total), bounds(rate(p.correct, p.total)), decimals(p.log_loss)] for p in points
    ]
    return table(["training items", "floor: right class", "95 %", "log loss, nats"], rows)
