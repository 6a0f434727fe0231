"""What parts come along, and what is wrong with them."""

from dataclasses import dataclass

import numpy as np

DEFECTS = ("ok", "crack", "overheat", "leak", "loose")
"""Every class that the simulated line makes."""
SHARES = (0.50, 0.14, 0.14, 0.14, 0.08)
"""How often each class comes."""
SHOWN_BY = {"crack": "acoustic", "overheat": "thermal", "leak": "enose"}
"""The one stream in which a defect shows; a loose part shows in none alone."""
STREAMS = ("acoustic", "thermal", "enose")
LEAST_SEVERITY = 0.25
"""Below it a defect would be one in name only."""
ODD_BUT_GOOD = 0.15
"""Share of good parts that rattle, and as many that are warm; good parts never do both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part with its causes, which the physics reads, and its truth, which labels say."""

    name: str
    """Unique in a shift."""
    defect: str
    """One of `DEFECTS`."""
    severity: float
    """0 for a good part, else `LEAST_SEVERITY` to 1."""
    rattle: float
    """Strength of a rattle, 0 to 1; some good parts have one, a loose part always."""
    warmth: float
    """Strength of a warm place, 0 to 1; some good parts have one, a loose part always."""

    def strength(self, defect: str) -> float:
        """How severe one kind of defect is in this part; 0 where it has another or none."""
        return self.severity if self.defect == defect else 0.0

    @property
    def labels(self) -> dict[str, str]:
        """Truth by manifest column: `label`, `severity`, and `label.STREAM` as far as that stream alone can show it."""
        by_stream = {f"label.{s}": self.defect if SHOWN_BY.get(self.defect) == s else "ok" for s in STREAMS}
        return {"label": self.defect, "severity": f"{self.severity:.3f}", **by_stream}


def make_parts(seed: int, count: int) -> tuple[Part, ...]:
    """Draw the parts of a shift.

    A loose part rattles slightly and is slightly warm. Good parts may do either, as strongly, but never both, so that
    only a station that hears and sees at once can tell.

    Args:
        seed: Same seed, same parts.
        count: How many.

    Returns:
        Parts named `part-00000` and so on.
    """
    rng = np.random.default_rng([seed, 1])
    defects = rng.choice(len(DEFECTS), size=count, p=SHARES)
    severities = rng.uniform(LEAST_SEVERITY, 1.0, count)
    oddities, strengths = rng.uniform(size=count), rng.uniform(0.5, 1.0, (count, 2))
    return tuple(
        _part(
            index, DEFECTS[defects[index]], float(severities[index]), float(oddities[index]), strengths[index].tolist()
        )
        for index in range(count)
    )


def _part(index: int, defect: str, severity: float, oddity: float, strengths: list[float]) -> Part:
    loose = defect == "loose"
    rattles, warm = loose or oddity < ODD_BUT_GOOD, loose or oddity > 1.0 - ODD_BUT_GOOD
    return Part(
        name=f"part-{index:05d}",
        defect=defect,
        severity=0.0 if defect == "ok" else severity,
        rattle=strengths[0] if rattles else 0.0,
        warmth=strengths[1] if warm else 0.0,
    )
