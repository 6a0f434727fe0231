"""Horizontal bars from zero, one a name, with bounds where known."""

from collections.abc import Sequence
from dataclasses import dataclass

from qc_station.report.charts.canvas import SERIES, hint, label, shortened, svg
from qc_station.report.charts.scale import Scale, interval, tick_text, ticks
from qc_station.report.markup import Markup, element

WIDTH, LEFT, RIGHT, ROW = 460.0, 150.0, 64.0, 26.0
MOST_CHARACTERS = 22
"""Of a name beside its bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar."""

    name: str
    """Beside it."""
    value: float
    """Its length; below zero it goes to the left."""
    words: str
    """At its end."""
    bounds: tuple[float, float] | None = None
    """Lower and upper bound of the value."""
    colour: int = 0
    """Number of its colour."""


def bar_chart(name: str, bars: Sequence[Bar], title: str, limits: tuple[float, float] | None = None) -> Markup:
    """A chart.

    Args:
        name: What it shows.
        bars: From the top.
        title: What the numbers are, with their unit.
        limits: Of the axis; None: from the values and zero.
    """
    reach = [edge for bar in bars for edge in (bar.value, *(bar.bounds or ()))]
    low, high = limits or interval(reach, zero=True)
    x = Scale(low=min(low, 0.0), high=max(high, 1e-9), start=LEFT, stop=WIDTH - RIGHT)
    bottom = ROW * len(bars) + 4
    parts: list[object] = []
    for value in ticks(x.low, x.high, 4):
        place = x(value)
        parts.append(element("line", x1=place, x2=place, y1=0, y2=bottom, class_="axis" if value == 0 else "grid"))
        parts.append(label(place, bottom + 16, tick_text(value), anchor="middle"))
    parts.append(label((LEFT + WIDTH - RIGHT) / 2, bottom + 34, title, anchor="middle"))
    parts += [_bar(bar, x, 4 + ROW * number) for number, bar in enumerate(bars)]
    return svg(WIDTH, bottom + 42, name, *parts)


def _bar(bar: Bar, x: Scale, top: float) -> Markup:
    left, right = sorted((x(0.0), x(bar.value)))
    said = f"{bar.name}: {bar.words}"
    parts: list[object] = [hint(said)]
    parts.append(
        element(
            "rect",
            x=left,
            y=top + 2,
            width=max(right - left, 1.0),
            height=ROW - 8,
            class_=f"fill s{bar.colour % SERIES}",
        )
    )
    middle = top + ROW / 2 - 2
    if bar.bounds:
        low, high = x(bar.bounds[0]), x(bar.bounds[1])
        parts.append(element("path", d=f"M{low:.1f} {middle - 4:g}v8m0 -4H{high:.1f}m0 -4v8", class_="bounds"))
        right = max(right, high)
    parts.append(label(LEFT - 8, middle + 4, shortened(bar.name, MOST_CHARACTERS), anchor="end"))
    parts.append(label(right + 6, middle + 4, bar.words))
    return element("g", *parts)
