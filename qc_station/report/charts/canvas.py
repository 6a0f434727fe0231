"""What every picture shares: the SVG element with its name for those who cannot see it, and a legend."""

from collections.abc import Sequence

from qc_station.report.markup import Markup, element, text

SERIES = 8
"""Colours before they begin again; then lines are dashed in another way."""
DASHES = ("", "7 3", "2 3", "9 3 2 3")


def svg(width: float, height: float, name: str, *parts: object) -> Markup:
    """A picture.

    Args:
        width: Of its own coordinates.
        height: Of its own coordinates.
        name: What it shows, read aloud by a screen reader.
        parts: Elements.
    """
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=name,
        class_="chart",
        width=f"{width:g}",
    )


def label(x: float, y: float, words: object, **attributes: object) -> Markup:
    """Text at a place; `anchor` is start, middle or end."""
    anchor = attributes.pop("anchor", None)
    return element("text", words, x=x, y=y, text_anchor=anchor, **attributes)


def hint(words: object) -> Markup:
    """What a pointer that rests on an element is told."""
    return element("title", words)


def shortened(words: str, most: int) -> str:
    """At most so many characters; the hint has the whole text."""
    return words if len(words) <= most else words[: most - 1] + "…"


def stroke(number: int) -> dict[str, object]:
    """Class and dash pattern of a series."""
    return {"class_": f"line s{number % SERIES}", "stroke_dasharray": DASHES[number // SERIES % len(DASHES)] or None}


def legend(entries: Sequence[tuple[dict[str, object], str]]) -> Markup:
    """What each line means, below a picture; wraps where there is no room."""
    items = []
    for attributes, words in entries:
        line = element("line", x1=0, y1=5, x2=24, y2=5, **attributes)
        swatch = element("svg", line, viewBox="0 0 24 10", width=24, height=10, aria_hidden="true")
        items.append(element("li", swatch, " ", text(words)))
    return element("ul", *items, class_="legend")
