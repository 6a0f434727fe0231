"""Axes with ticks, a grid and their titles; what is drawn goes between them."""

from dataclasses import dataclass

from qc_station.report.charts.canvas import label, svg
from qc_station.report.charts.scale import Scale, tick_text, ticks
from qc_station.report.markup import Markup, element

LEFT, RIGHT, TOP, BOTTOM = 54.0, 12.0, 12.0, 42.0
"""Room around the plot for numbers and titles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The axes of one picture."""

    name: str
    """What the picture shows, for those who cannot see it."""
    x: Scale
    """Along the bottom."""
    y: Scale
    """Along the left side, upward."""
    x_title: str
    """What the numbers along the bottom are, with their unit."""
    y_title: str
    """What the numbers along the left side are, with their unit."""
    width: float
    """Of the whole picture."""
    height: float
    """Of the whole picture."""
    whole: bool = False
    """Whether only whole numbers are marked along the bottom."""

    def drawn(self, *parts: object) -> Markup:
        """The picture with its content over the grid."""
        return svg(self.width, self.height, self.name, self._grid(), *parts)

    def _grid(self) -> Markup:
        left, bottom = self.x.start, self.y.start
        parts: list[object] = []
        for value in ticks(self.y.low, self.y.high):
            place = self.y(value)
            parts.append(element("line", x1=left, x2=self.x.stop, y1=place, y2=place, class_="grid"))
            parts.append(label(left - 6, place + 4, tick_text(value), anchor="end"))
        for value in ticks(self.x.low, self.x.high):
            if self.whole and value % 1:
                continue
            place = self.x(value)
            parts.append(element("line", x1=place, x2=place, y1=bottom, y2=bottom + 4, class_="axis"))
            parts.append(label(place, bottom + 17, tick_text(value), anchor="middle"))
        parts.append(element("line", x1=left, x2=self.x.stop, y1=bottom, y2=bottom, class_="axis"))
        middle = (self.y.start + self.y.stop) / 2
        parts.append(label((left + self.x.stop) / 2, self.height - 6, self.x_title, anchor="middle"))
        turned = f"rotate(-90 12 {middle:.0f})"
        parts.append(label(12.0, middle, self.y_title, anchor="middle", transform=turned))
        return element("g", *parts, class_="axes")


def frame(
    name: str,
    x: tuple[float, float],
    y: tuple[float, float],
    titles: tuple[str, str],
    size: tuple[float, float] = (460.0, 260.0),
    whole: bool = False,
) -> Frame:
    """Axes over two intervals that fill a picture.

    Args:
        name: What the picture shows.
        x: First and last number along the bottom.
        y: First and last number along the left side.
        titles: Of both, with their units.
        size: Width and height of the picture.
        whole: Whether only whole numbers are marked along the bottom.
    """
    width, height = size
    return Frame(
        name=name,
        x=Scale(low=x[0], high=x[1], start=LEFT, stop=width - RIGHT),
        y=Scale(low=y[0], high=y[1], start=height - BOTTOM, stop=TOP),
        x_title=titles[0],
        y_title=titles[1],
        width=width,
        height=height,
        whole=whole,
    )
