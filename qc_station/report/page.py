"""The whole page: one file that needs nothing else."""

from collections.abc import Callable

from qc_station.report.markup import Markup, element, join
from qc_station.report.section import Section
from qc_station.report.sections import (
    confusions,
    contributions,
    cosines,
    floor,
    headline,
    learning_curve,
    losses,
    neurons,
    novelty,
    operating,
    provenance,
    reliabilities,
    robustness,
    steady,
    subsets,
    weights,
)
from qc_station.report.style import STYLE
from qc_station.report.training import Training

SECTIONS: tuple[Callable[[Training], Section], ...] = (
    headline.section,
    operating.section,
    confusions.section,
    reliabilities.section,
    subsets.section,
    contributions.section,
    robustness.section,
    novelty.section,
    floor.section,
    losses.section,
    steady.section,
    learning_curve.section,
    weights.section,
    cosines.section,
    neurons.section,
    provenance.section,
)
"""In the order of the page: first what the network is worth, then how it was learnt, then where it comes from."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may load for the page: its own style, and nothing else at all, no script either."""


def page(training: Training) -> str:
    """The report of a training as HTML."""
    title = f"Training report: {training.manifest.station}, bundle {training.manifest.digest[:12]}"
    sections = [build(training) for build in SECTIONS]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        # The style is the program's own, not foreign text; HTML takes what stands in this element as it is.
        element("style", Markup(STYLE)),
    )
    links = (element("li", element("a", s.title, href=f"#{s.anchor}")) for s in sections)
    body = element(
        "body",
        element("header", element("h1", title), element("nav", element("ul", *links), aria_label="Sections")),
        element("main", *(section.drawn() for section in sections)),
        element("footer", element("p", "Made by qc-station report. This page loads nothing and sends nothing.")),
    )
    return join(Markup("<!DOCTYPE html>\n"), element("html", head, body, lang="en"), "\n")
