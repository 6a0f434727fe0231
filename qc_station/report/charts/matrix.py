"""A table of numbers as shades, each with its text and a hint."""

from collections.abc import Sequence
from dataclasses import dataclass

from qc_station.report.charts.canvas import hint, label, shortened, svg
from qc_station.report.markup import Markup, element

LEFT, TOP, HIGH = 118.0, 92.0, 26.0
MOST_CHARACTERS = 17
WIDEST, NARROWEST = 54.0, 32.0
"""Of a cell; the more columns, the narrower."""
DARKEST = 0.72
"""Opacity of the largest shade: text stays legible on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One number."""

    shade: float
    """-1 to 1; below zero in the colour of warning, 0 unfilled."""
    words: str
    """In the cell."""
    said: str
    """Under a pointer; empty for a cell that is left blank, which saves room in a large matrix."""


def matrix(
    name: str, rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[Cell]], titles: tuple[str, str]
) -> Markup:
    """A picture of a table.

    Args:
        name: What it shows.
        rows: Names from the top.
        columns: Names from the left.
        cells: Row by row.
        titles: What rows and columns are.
    """
    wide = min(WIDEST, max(NARROWEST, 320.0 / max(1, len(columns))))
    width, height = LEFT + wide * len(columns) + 60, TOP + HIGH * len(rows) + 4
    parts: list[object] = []
    for number, words in enumerate(columns):
        x = LEFT + wide * (number + 0.5)
        turned = f"rotate(-40 {x:.0f} {TOP - 8:.0f})"
        parts.append(label(x, TOP - 8, _named(words), transform=turned))
    for number, words in enumerate(rows):
        parts.append(label(LEFT - 8, TOP + HIGH * (number + 0.5) + 4, _named(words), anchor="end"))
        end = LEFT + wide * len(columns)
        parts.append(element("line", x1=LEFT, x2=end, y1=TOP + HIGH * number, y2=TOP + HIGH * number, class_="grid"))
        told = [(n, cell) for n, cell in enumerate(cells[number]) if cell.said]
        parts += [_cell(LEFT + wide * n, TOP + HIGH * number, wide, cell) for n, cell in told]
    if any(titles):
        parts.append(label(LEFT - 8, TOP - 8, f"{titles[0]} ↓ {titles[1]} →", anchor="end", class_="small"))
    return svg(width, height, name, *parts)


def _named(words: str) -> Markup:
    return element("tspan", shortened(words, MOST_CHARACTERS), hint(words))


def _cell(x: float, y: float, wide: float, cell: Cell) -> Markup:
    colour = "warning" if cell.shade < 0 else "s0"
    box = element(
        "rect",
        x=x + 1,
        y=y + 1,
        width=wide - 2,
        height=HIGH - 2,
        class_=f"cell fill {colour}",
        fill_opacity=DARKEST * min(1.0, abs(cell.shade)),
    )
    return element(
        "g", hint(cell.said), box, label(x + wide / 2, y + HIGH / 2 + 4, cell.words, anchor="middle", class_="small")
    )
