"""Which class is taken for which, for every question that has classes."""

from qc_station.figures.confusion import confusion
from qc_station.figures.rates import rate
from qc_station.report.charts.matrix import Cell, matrix
from qc_station.report.figure_text import percent
from qc_station.report.markup import Markup
from qc_station.report.section import Section, figure, grid
from qc_station.report.training import Training

EMPTY = Cell(shade=0.0, words="", said="")
"""Nobody was taken for this: left blank, so that what happened stands out."""


def section(training: Training) -> Section:
    """A matrix for each task of classes."""
    names = [name for name, task in training.record.tasks.items() if task.classes]
    return Section(
        anchor="confusions",
        title="Confusion",
        words="Rows are the truth, columns the answer; the shade is the share of the row. Validation items.",
        body=grid(*(figure(name, _picture(training, name)) for name in names)),
    )


def _picture(training: Training, name: str) -> Markup:
    classes, found = training.record.tasks[name].classes, training.answered(name)
    counts = confusion(found.answers.argmax(axis=1), found.classes, len(classes)).tolist()
    cells = []
    for truth, row in zip(classes, counts, strict=True):
        total = sum(row)
        cells.append(
            [
                Cell(shade=count / total, words=str(count), said=f"{truth} taken for {answer}: {rate(count, total)}")
                if count
                else EMPTY
                for answer, count in zip(classes, row, strict=True)
            ]
        )
    right = sum(row[n] for n, row in enumerate(counts))
    share = percent(right / len(found.items) if len(found.items) else None)
    name = f"Confusion of {name}: {share} of {len(found.items)} items right"
    return matrix(name, classes, classes, cells, ("truth", "answer"))
