"""One thing that a checkup looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What."""
    passed: bool
    """Whether it is as it has to be."""
    detail: str
    """What was found, and what is allowed where it failed."""
