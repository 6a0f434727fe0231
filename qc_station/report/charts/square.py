"""The unit square with its diagonal: curves, steps and points with their bounds."""

from collections.abc import Sequence
from dataclasses import dataclass

from qc_station.report.charts.canvas import hint, label, legend, stroke
from qc_station.report.charts.frame import BOTTOM, LEFT, RIGHT, TOP, Frame, frame
from qc_station.report.markup import Markup, element, join

SIDE = 290.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point of the square."""

    x: float
    """0 to 1."""
    y: float
    """0 to 1."""
    said: str
    """Under a pointer."""
    words: str = ""
    """Beside it."""
    x_bounds: tuple[float, float] | None = None
    """Lower and upper bound."""
    y_bounds: tuple[float, float] | None = None
    """Lower and upper bound."""
    radius: float = 4.5
    """Of the dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line across the square."""

    name: str
    """For the legend."""
    corners: Sequence[tuple[float, float]]
    """From one end to the other."""
    colour: int = 0
    """Number of its colour."""


def square(name: str, titles: tuple[str, str], curves: Sequence[Curve] = (), points: Sequence[Point] = ()) -> Markup:
    """A chart with its legend.

    Args:
        name: What it shows.
        titles: Of both axes.
        curves: The first is drawn last, over the others.
        points: Drawn over all curves.
    """
    axes = frame(name, (0.0, 1.0), (0.0, 1.0), titles, size=(SIDE + LEFT + RIGHT, SIDE + TOP + BOTTOM))
    diagonal = element("line", x1=axes.x(0), y1=axes.y(0), x2=axes.x(1), y2=axes.y(1), class_="diagonal")
    drawn = [_curve(axes, curve) for curve in reversed(curves)]
    picture = axes.drawn(diagonal, *drawn, *(_point(axes, point) for point in points))
    return join(picture, legend([(stroke(curve.colour), curve.name) for curve in curves])) if curves else picture


def _curve(axes: Frame, curve: Curve) -> Markup:
    corners = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in curve.corners)
    return element("polyline", hint(curve.name), points=corners, **stroke(curve.colour))


def _point(axes: Frame, point: Point) -> Markup:
    x, y = axes.x(point.x), axes.y(point.y)
    parts: list[object] = [hint(point.said)]
    if point.x_bounds:
        low, high = (axes.x(b) for b in point.x_bounds)
        parts.append(element("line", x1=low, x2=high, y1=y, y2=y, class_="bounds"))
    if point.y_bounds:
        low, high = (axes.y(b) for b in point.y_bounds)
        parts.append(element("line", x1=x, x2=x, y1=low, y2=high, class_="bounds"))
    parts.append(element("circle", cx=x, cy=y, r=point.radius, class_="dot ink"))
    if point.words:
        # Towards the middle, where a point at the edge has room.
        anchor, away = ("end", -9) if point.x > 0.6 else ("start", 9)
        parts.append(label(x + away, y + 16, point.words, anchor=anchor, class_="strong"))
    return element("g", *parts)
