"""One thing that an audit has to say."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

SHOWN: Final = 5
"""Items that are named in a line; the JSON has all of them."""


class Severity(StrEnum):
    """How much it matters."""

    FAULT = "fault"
    """Figures of a training on this set would be wrong; put it right first."""
    WARNING = "warning"
    """Figures may flatter or the training may suffer; look at it."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found, where, and what to do."""

    severity: Severity
    """How much it matters."""
    kind: str
    """What was looked for, e.g. "leakage" or "shortcut"."""
    what: str
    """What was found, with its numbers."""
    advice: str
    """What to do about it."""
    items: tuple[str, ...] = ()
    """Names of the items that it is about; empty for the set as a whole."""

    @property
    def where(self) -> str:
        """The first items by name and how many more there are."""
        more = len(self.items) - SHOWN
        return ", ".join(self.items[:SHOWN]) + (f" and {more} more" if more > 0 else "")

    def as_json(self) -> dict[str, Any]:
        """Every field, with all items."""
        names = ("kind", "what", "advice", "items")
        return {"severity": self.severity.value} | {name: getattr(self, name) for name in names}


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Faults first, then warnings, then notes; each in the order in which they were found."""
    rank = list(Severity)
    return tuple(sorted(findings, key=lambda finding: rank.index(finding.severity)))
