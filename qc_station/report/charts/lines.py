"""Lines over a common axis, with the numbers of every line under the pointer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from qc_station.report.charts.canvas import hint, legend, stroke
from qc_station.report.charts.frame import Frame, frame
from qc_station.report.charts.scale import interval
from qc_station.report.figure_text import short
from qc_station.report.markup import Markup, element, join

MOST_HINTS = 120
"""Places along the axis at which a pointer finds numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series."""

    name: str
    """For the legend."""
    values: Sequence[float | None]
    """One for each place along the axis; None or not finite: the line is broken."""
    colour: int
    """Number of its colour."""
    faint: bool = False
    """Drawn thin and dotted, for what a reader compares with."""

    @property
    def look(self) -> dict[str, object]:
        """Class and dash pattern."""
        look = stroke(self.colour)
        return {**look, "class_": f"{look['class_']} faint", "stroke_dasharray": "3 3"} if self.faint else look


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A line across the picture at a place of the axis."""

    at: float
    """Where."""
    words: str
    """What it means."""


def line_chart(
    name: str,
    places: Sequence[float],
    lines: Sequence[Line],
    titles: tuple[str, str],
    *,
    marks: Sequence[Mark] = (),
    limits: tuple[float, float] | None = None,
    whole: bool = False,
) -> Markup:
    """A chart with its legend.

    Args:
        name: What it shows.
        places: Along the bottom, rising.
        lines: What is drawn.
        titles: Of both axes, with their units.
        marks: Lines across the picture.
        limits: Of the left axis; None: from the values, zero included.
        whole: Whether the places are whole numbers.
    """
    drawn = [v for line in lines for v in line.values if v is not None]
    ends = (places[0], places[-1]) if len(places) > 1 else (places[0] - 1, places[0] + 1)
    axes = frame(name, ends, limits or interval(drawn, zero=True), titles, whole=whole)
    parts: list[object] = [_mark(axes, mark) for mark in marks]
    parts += [_line(axes, places, line) for line in lines]
    parts.append(_hints(axes, places, lines, titles[0]))
    return join(axes.drawn(*parts), legend([(line.look, line.name) for line in lines]))


def _line(axes: Frame, places: Sequence[float], line: Line) -> Markup:
    """Runs of known values; a single one between unknown neighbours is a dot."""
    runs: list[list[str]] = [[]]
    for place, value in zip(places, line.values, strict=True):
        if value is None or not math.isfinite(value):
            runs.append([])
        else:
            runs[-1].append(f"{axes.x(place):.1f},{axes.y(value):.1f}")
    shapes: list[object] = [hint(line.name)]
    for run in runs:
        if len(run) == 1:
            x, y = run[0].split(",")
            shapes.append(element("circle", cx=x, cy=y, r=2.5, class_=str(line.look["class_"]).replace("line", "dot")))
        elif run:
            shapes.append(element("polyline", points=" ".join(run), **line.look))
    return element("g", *shapes)


def _mark(axes: Frame, mark: Mark) -> Markup:
    x = axes.x(mark.at)
    return element("line", hint(mark.words), x1=x, x2=x, y1=axes.y.start, y2=axes.y.stop, class_="mark")


def _hints(axes: Frame, places: Sequence[float], lines: Sequence[Line], what: str) -> Markup:
    """Upright bands, invisible until a pointer rests on one, that tell all values at their place."""
    chosen = range(0, len(places), math.ceil(len(places) / MOST_HINTS))
    x = [axes.x(places[n]) for n in chosen]
    edges = [axes.x.start, *((a + b) / 2 for a, b in pairwise(x)), axes.x.stop]
    bands = []
    for (left, right), n in zip(pairwise(edges), chosen, strict=True):
        said = "\n".join([f"{what}: {short(places[n])}", *(f"{line.name}: {short(line.values[n])}" for line in lines)])
        band = {"x": left, "width": max(right - left, 0.5), "y": axes.y.stop, "height": axes.y.start - axes.y.stop}
        bands.append(element("rect", hint(said), **band, class_="band"))
    return element("g", *bands)
