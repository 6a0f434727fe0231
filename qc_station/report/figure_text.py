"""Numbers as people read them."""

import math
from collections.abc import Mapping

from qc_station.figures.rates import Rate

UNKNOWN = "–"
"""Stands where a figure is missing."""


def decimals(value: float | None, digits: int = 3) -> str:
    """So many decimals; a dash for what is missing or not finite."""
    return UNKNOWN if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def short(value: float | None) -> str:
    """Three significant digits, for numbers of any size."""
    return UNKNOWN if value is None or not math.isfinite(value) else f"{value:.3g}"


def percent(value: float | None) -> str:
    """A share in percent."""
    return UNKNOWN if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"


def bounds(rate: Rate) -> str:
    """The two-sided exact bounds of a rate at 95 %."""
    return f"{100 * rate.lower:.1f} to {100 * rate.upper:.1f} %" if rate.total else UNKNOWN


def duration(seconds: float) -> str:
    """E.g. 42 s, 3 min 05 s, 1 h 02 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def flattened(table: Mapping[str, object], before: str = "") -> dict[str, object]:
    """Nested tables as one, names joined by " / "; a list is one row for each entry."""
    rows: dict[str, object] = {}
    for name, value in table.items():
        inner = dict(enumerate(value, start=1)) if isinstance(value, (list, tuple)) else value
        if isinstance(inner, Mapping):
            rows |= flattened({str(k): v for k, v in inner.items()}, f"{before}{name} / ")
        else:
            rows[f"{before}{name}"] = inner
    return rows
