"""The choice between escapes and overkill: the ROC, and where the costs put the line on it."""

import numpy as np

from qc_station.figures.rates import Rate, rate
from qc_station.figures.roc import roc
from qc_station.figures.scoring import auc
from qc_station.novelty import NOVELTY_P
from qc_station.report.charts.square import Curve, Point, square
from qc_station.report.figure_text import bounds, decimals
from qc_station.report.markup import Markup, element, join
from qc_station.report.section import Section, figure, grid, table
from qc_station.report.training import MAIN, Training
from qc_station.verdict import Decision


def section(training: Training) -> Section:
    """The curve of the label with its two operating points, and the verdicts by truth."""
    anchor, title = "operating", "ROC and operating points"
    if not training.judged:
        return Section(anchor=anchor, title=title, words="No class of the label means a good part, or all of them do.")
    costs = ", ".join(f"{name} {value:g}" for name, value in training.manifest.costs.items())
    return Section(
        anchor=anchor,
        title=title,
        words=f"Costs ({costs}) set two thresholds: below the first a part passes, above the second it is rejected, "
        f"between them a person looks{_also(training)}. Faint bars are the exact 95 % bounds of both rates.",
        body=grid(figure("Bad parts caught against good parts stopped", _picture(training)), _verdicts(training)),
    )


def _also(training: Training) -> str:
    """Further reasons for a person to look."""
    threshold = training.manifest.threshold(NOVELTY_P)
    novel = f", as at every part whose novelty has a p-value of at most {threshold:.3g}" if threshold else ""
    return f"{novel}; a part without a required sensor does not pass"


def operating_points(training: Training) -> dict[str, tuple[Rate, Rate]]:
    """By what is counted as a stop: share of the good parts and share of the bad parts that are stopped."""
    stops = {"not passed": (Decision.REVIEW, Decision.REJECT), "rejected": (Decision.REJECT,)}
    found = {}
    for name, decisions in stops.items():
        good, bad = ([j.decision in decisions for j in training.judged if j.good is truth] for truth in (True, False))
        found[name] = (rate(sum(good), len(good)), rate(sum(bad), len(bad)))
    return found


def _picture(training: Training) -> Markup:
    points = [
        Point(
            x=good.count / max(1, good.total),
            y=bad.count / max(1, bad.total),
            said=f"{name}: bad parts {bad}; good parts {good}",
            words=name,
            x_bounds=(good.lower, good.upper),
            y_bounds=(bad.lower, bad.upper),
        )
        for name, (good, bad) in operating_points(training).items()
    ]
    curves = [
        _curve(training, MAIN, "all streams that are there", 0),
        *(_curve(training, f"{MAIN}:{s}", f"{s} alone", training.colour(s)) for s in training.streams),
    ]
    drawn = [curve for curve in curves if curve.corners]
    return square("ROC of the label, with operating points", ("good parts stopped", "bad parts caught"), drawn, points)


def _curve(training: Training, output: str, name: str, colour: int) -> Curve:
    found, bad = training.answered(output), training.bad_classes()
    scores, positive = found.answers[:, bad].sum(axis=1), bad[found.classes]
    area = auc(scores.astype(np.float32), positive)
    corners = [(x, y) for x, y in roc(scores, positive).tolist()]
    return Curve(name=f"{name}: AUC {decimals(area)}", corners=corners, colour=colour)


def _verdicts(training: Training) -> Markup:
    rows = []
    for truth, name in ((True, "good parts"), (False, "bad parts")):
        own = [j.decision for j in training.judged if j.good is truth]
        rows.append([name, *(own.count(d) for d in Decision), len(own)])
    points = [
        [name, f"{bad.count} of {bad.total}", bounds(bad), f"{good.count} of {good.total}", bounds(good)]
        for name, (good, bad) in operating_points(training).items()
    ]
    return element(
        "div",
        join(
            table(["", *(d.value for d in Decision), "all"], rows, "Verdicts by truth"),
            table(["", "bad parts", "95 %", "good parts", "95 %"], points, "Operating points"),
        ),
    )
