"""Figures that were recorded as nested tables, shown row by row."""

from collections.abc import Mapping

from qc_station.report.figure_text import flattened, short
from qc_station.report.section import Section, table


def measured(anchor: str, title: str, words: str, nothing: str, table_of: Mapping[str, object] | None) -> Section:
    """A section of a nested table, or of the words for its absence."""
    if not table_of:
        return Section(anchor=anchor, title=title, words=nothing)
    rows = [[name, _said(value)] for name, value in flattened(table_of).items()]
    return Section(anchor=anchor, title=title, words=words, body=table(["figure", "value"], rows))


def _said(value: object) -> str:
    return short(value) if isinstance(value, float) or value is None else str(value)
