"""Whether a probability can be believed: how often the network is right against how sure it is."""

import numpy as np

from qc_station.figures.reliability import Bin, reliability
from qc_station.figures.scoring import calibration_error
from qc_station.report.charts.square import Point, square
from qc_station.report.figure_text import decimals
from qc_station.report.markup import Markup
from qc_station.report.section import Section, figure, grid
from qc_station.report.training import MAIN, Training


def section(training: Training) -> Section:
    """A diagram for the probability of a bad part, and one for each task of classes."""
    drawn = []
    if training.judging:
        found, bad = training.answered(MAIN), training.bad_classes()
        bins = reliability(found.answers[:, bad].sum(axis=1).clip(0, 1), bad[found.classes])
        drawn.append(figure("probability of a bad part", _picture(bins, "probability", "bad parts")))
    for name, task in training.record.tasks.items():
        if task.classes:
            drawn.append(_answers(training, name))
    return Section(
        anchor="reliabilities",
        title="Reliability",
        words="A calibrated network lies on the diagonal: of the parts that it is 80 % sure of, 80 % are so. Upright "
        "lines are exact 95 % bounds; larger dots stand for more items.",
        body=grid(*drawn),
    )


def _answers(training: Training, name: str) -> Markup:
    found = training.answered(name)
    confidence = found.answers.max(axis=1, initial=0.0).clip(0, 1)
    right = found.answers.argmax(axis=1) == found.classes
    error = calibration_error(confidence.astype(np.float32), right)
    title = f"{name}: expected calibration error {decimals(error)}"
    return figure(title, _picture(reliability(confidence, right), "confidence in the answer", "right answers"))


def _picture(bins: tuple[Bin, ...], x_title: str, what: str) -> Markup:
    most = max((b.right.total for b in bins), default=1)
    points = [
        Point(
            x=b.confidence,
            y=b.right.count / b.right.total,
            said=f"{x_title} {b.confidence:.3f} on average, {what}: {b.right}",
            y_bounds=(b.right.lower, b.right.upper),
            radius=2.5 + 4.5 * (b.right.total / most) ** 0.5,
        )
        for b in bins
    ]
    return square(f"Reliability of {x_title}", (x_title, f"share of {what}"), points=points)
