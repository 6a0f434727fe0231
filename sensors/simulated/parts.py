"""What parts come along, and what is wrong with them."""

from dataclasses import dataclass

import numpy as np

from sensors.simulated.kinds import OK, STREAMS, shown_alone
from sensors.simulated.mix import Mix


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part with its causes, which the physics reads, and its truth, which labels say."""

    name: str
    """Unique in a shift."""
    defect: str
    """A kind of defect, one of `kinds.SHOWN_BY`, or `ok`."""
    severity: float
    """0 for a good part, else within the mix's `severities`, at most 1."""
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
        by_stream = {f"label.{s}": self.defect if shown_alone(self.defect, s) else OK for s in STREAMS}
        return {"label": self.defect, "severity": f"{self.severity:.3f}", **by_stream}


def make_parts(seed: int, count: int, mix: Mix | None = None) -> tuple[Part, ...]:
    """Draw the parts of a shift.

    A loose part rattles slightly and is slightly warm. Good parts may do either, as strongly, but never both, so that
    only a station that hears and sees at once can tell.

    Args:
        seed: Same seed and mix, same parts.
        count: How many.
        mix: Kinds of defect, their shares and severities; None for those of the demo.

    Returns:
        Parts named `part-00000` and so on.
    """
    mix = mix or Mix()
    classes, shares = (OK, *mix.shares), (1.0 - mix.bad_share, *mix.shares.values())
    rng = np.random.default_rng([seed, 1])
    defects = rng.choice(len(classes), size=count, p=shares)
    severities = rng.uniform(*mix.severities, count)
    oddities, strengths = rng.uniform(size=count), rng.uniform(0.5, 1.0, (count, 2))
    return tuple(
        _part(
            index,
            classes[defects[index]],
            float(severities[index]),
            (bool(oddities[index] < mix.odd_share), bool(oddities[index] > 1.0 - mix.odd_share)),
            strengths[index].tolist(),
        )
        for index in range(count)
    )


def _part(index: int, defect: str, severity: float, odd: tuple[bool, bool], strengths: list[float]) -> Part:
    rattles, warm = (defect == "loose" or one for one in odd)
    return Part(
        name=f"part-{index:05d}",
        defect=defect,
        severity=0.0 if defect == OK else severity,
        rattle=strengths[0] if rattles else 0.0,
        warmth=strengths[1] if warm else 0.0,
    )
