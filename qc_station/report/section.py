"""One part of the page: a heading, how to read it, and what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from qc_station.report.markup import Markup, element, join

NOTHING = Markup("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What a file of `sections/` gives."""

    anchor: str
    """For links; the file's name."""
    title: str
    """Heading."""
    words: str
    """How to read it, or why there is nothing."""
    body: Markup = NOTHING
    """Pictures and tables; empty where nothing was recorded."""

    def drawn(self) -> Markup:
        """The section as markup."""
        heading = element("h2", self.title)
        return element("section", heading, element("p", self.words), self.body, id=self.anchor)


def table(header: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> Markup:
    """A table; the first cell of a row names it, the others are set right."""
    head = element("tr", *(element("th", words, scope="col") for words in header))
    body = []
    for first, *others in rows:
        body.append(element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in others)))
    named = element("caption", caption) if caption else NOTHING
    return element("div", element("table", named, element("thead", head), element("tbody", *body)), class_="scroll")


def figure(title: str, *content: object) -> Markup:
    """A picture with its own small heading."""
    return element("figure", element("figcaption", title), *content)


def grid(*figures: Markup) -> Markup:
    """Pictures side by side where there is room."""
    return element("div", join(*figures), class_="grid-of")
