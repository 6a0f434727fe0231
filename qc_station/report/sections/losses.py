"""The losses of every input-output pair, epoch by epoch."""

from qc_station.report.charts.lines import Line, Mark, line_chart
from qc_station.report.cumulative import cumulative
from qc_station.report.figure_text import decimals
from qc_station.report.markup import Markup, join
from qc_station.report.section import Section, figure, grid, table
from qc_station.report.training import Training

LEVEL = 7
"""Colour of what an answer without skill would lose."""


def section(training: Training) -> Section:
    """The cumulative loss, a chart for each task, and the losses of the kept epoch in their own unit."""
    tasks = training.record.tasks
    return Section(
        anchor="losses",
        title="Losses",
        words="Each task's losses stand in their own unit, beside that of an answer that never looks at the part (no skill). The "
        "cumulative loss adds them up divided by it, so that 1 of each is no skill, times their weights. Dotted lines are "
        "training, whole ones validation (at its best temperature); the upright line is the epoch that was kept.",
        body=join(grid(_whole(training), *(_task(training, name) for name in tasks)), _kept(training)),
    )


def in_unit(normalized: float | None, no_skill: float) -> float | None:
    """A normalized loss in its own unit."""
    return None if normalized is None else normalized * no_skill


def marks(training: Training) -> list[Mark]:
    """The kept epoch."""
    return [Mark(at=training.record.best, words=f"epoch {training.record.best} was kept")]


def _whole(training: Training) -> Markup:
    train, val = cumulative(training.record)
    lines = [Line(name="validation", values=val, colour=0), Line(name="training", values=train, colour=0, faint=True)]
    return figure("cumulative loss: the weighted sum of all", _chart("Cumulative loss by epoch", training, lines))


def _task(training: Training, name: str) -> Markup:
    record, task = training.record, training.record.tasks[name]
    lines = []
    for output, pair in record.pairs.items():
        if pair.task != name:
            continue
        colour = training.colour(pair.stream)
        val = [in_unit(epoch.val.get(output), task.no_skill_val) for epoch in record.epochs]
        train = [in_unit(epoch.train.get(output), task.no_skill) for epoch in record.epochs]
        lines.append(Line(name=f"{output}, validation", values=val, colour=colour))
        lines.append(Line(name=f"{output}, training", values=train, colour=colour, faint=True))
    lines.append(Line(name="no skill", values=[task.no_skill_val] * len(record.epochs), colour=LEVEL, faint=True))
    return figure(name, _chart(f"Losses of {name} by epoch", training, lines, f"{task.loss}, {task.unit}"))


def _chart(name: str, training: Training, lines: list[Line], unit: str = "cumulative loss") -> Markup:
    numbers = [float(epoch.number) for epoch in training.record.epochs]
    return line_chart(name, numbers, lines, ("epoch", unit), marks=marks(training), whole=True)


def _kept(training: Training) -> Markup:
    rows = []
    for output, pair in training.record.pairs.items():
        task = training.record.tasks[pair.task]
        train, val = training.kept.train.get(output), training.kept.val.get(output)
        own = (in_unit(train, task.no_skill), in_unit(val, task.no_skill_val))
        shown = (decimals(x) for x in (train, val, *own, task.no_skill_val))
        rows.append([output, *shown, task.unit, f"{pair.weight:.3g}"])
    header = [
        "output",
        "training",
        "validation",
        "training, own unit",
        "validation, own unit",
        "no skill",
        "unit",
        "priority",
    ]
    return table(header, rows, f"Losses of epoch {training.record.best}, which was kept")
