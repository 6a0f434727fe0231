"""What share of the parts is bad, in which ways and how badly."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sensors.simulated.kinds import STREAMS, refuse_unseen

LEAST_SEVERITY = 0.25
"""Below it a defect would be one in name only."""
USUAL_WEIGHTS: Mapping[str, float] = MappingProxyType({"crack": 0.14, "overheat": 0.14, "leak": 0.14, "loose": 0.08})
"""The kinds of the demo; `bearing` comes only where it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Which parts a shift is made of; checked when it is made.

    Raises:
        ValueError: a share, weight or severity out of its range, or a kind that no sensor of the line shows.
    """

    bad_share: float = 0.5
    """Share of parts with a defect, 0 to 1."""
    weights: Mapping[str, float] = field(default_factory=lambda: USUAL_WEIGHTS)
    """How often each kind comes among the bad parts, relative to the others; any positive numbers."""
    severities: tuple[float, float] = (LEAST_SEVERITY, 1.0)
    """Least and greatest severity, each above 0 and at most 1; even between them."""
    odd_share: float = 0.15
    """Share of good parts that rattle, and as many that are warm, 0 to 0.5; good parts never do both."""
    streams: tuple[str, ...] = STREAMS
    """The sensors of the line; a kind that they cannot show is refused."""

    def __post_init__(self) -> None:
        """Check every field."""
        _within("bad_share", self.bad_share, 0.0, 1.0)
        _within("odd_share", self.odd_share, 0.0, 0.5)
        refuse_unseen(self.weights, self.streams)
        for kind, weight in self.weights.items():
            if not (math.isfinite(weight) and weight > 0.0):
                raise ValueError(f"mix: the weight of {kind!r} is {weight}; must be above 0, or leave the kind out")
        if self.bad_share and not self.weights:
            raise ValueError(f"mix: bad_share is {self.bad_share} but weights names no kind; name at least one")
        least, most = self.severities
        if not 0.0 < least <= most <= 1.0:
            raise ValueError(f"mix: severities are {self.severities}; must rise, above 0 and at most 1")

    @property
    def shares(self) -> dict[str, float]:
        """Share of all parts by kind of defect; what is left to 1 is good."""
        total = sum(self.weights.values())
        return {kind: self.bad_share * weight / total for kind, weight in self.weights.items()}


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"mix: {name} is {value}; must be from {low:g} to {high:g}")
