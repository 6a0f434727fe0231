"""How fast it learnt, and whether more labelled items would help."""

from qc_station.report.charts.lines import Line, line_chart
from qc_station.report.cumulative import cumulative
from qc_station.report.section import Section, figure, grid
from qc_station.report.training import Training


def section(training: Training) -> Section:
    """The cumulative validation loss against time; accuracy against training items where that was recorded."""
    record = training.record
    train, val = cumulative(record)
    lines = [Line(name="validation", values=val, colour=0), Line(name="training", values=train, colour=0, faint=True)]
    seconds = [epoch.elapsed_s for epoch in record.epochs]
    chart = line_chart("Cumulative loss by time", seconds, lines, ("seconds since the start", "cumulative loss"))
    drawn = [figure("cumulative loss against time", chart)]
    words = "The cumulative loss against the time that was spent."
    if record.learning_curve:
        points = sorted(record.learning_curve, key=lambda p: p.items)
        line = Line(name="validation", values=[p.accuracy for p in points], colour=1)
        titles = ("training items", "share of right classes")
        items = [float(p.items) for p in points]
        picture = line_chart("Accuracy by training items", items, [line], titles, limits=(0.0, 1.0), whole=True)
        drawn.append(figure("accuracy against training items", picture))
        words += " A curve that still rises at its right end says that more labelled items help."
    else:
        words += " Accuracy against the number of training items was not recorded."
    return Section(anchor="learning_curve", title="Learning curve", words=words, body=grid(*drawn))
