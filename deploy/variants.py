"""Whether a smaller arithmetic (fp16, int8) may stand in for float32: where it was measured faster, and decides alike.

`qc-station quantize` makes and measures every kind on a station's own items and processor.
"""

from dataclasses import dataclass

LEAST_GAIN = 1.1
"""Times faster than float32; less is not worth a second set of thresholds and figures."""
BAND = 1e-4
"""A verdict may flip where the probability of a bad part is so near to a threshold, as between any two libraries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A variant of a graph beside its float32 original, on the same items and the same computer."""

    name: str
    """E.g. fp16 or int8."""
    original_ms: float
    """Median of one part in float32."""
    variant_ms: float
    """Median of one part."""
    worst: float
    """Largest difference of the probability of a bad part."""
    flipped: int
    """Verdicts that differ outside of BAND."""
    items: int
    """Parts that were compared."""

    @property
    def gain(self) -> float:
        """Times faster than float32."""
        return self.original_ms / self.variant_ms


def refusals(found: Measured) -> list[str]:
    """Why a variant is not offered; empty where it is."""
    reasons = []
    if found.items < 1:
        reasons.append("compared on no part; allowed: 1 or more")
    if not found.gain >= LEAST_GAIN:
        reasons.append(
            f"{found.variant_ms:.2f} ms a part, float32 {found.original_ms:.2f} ms: {found.gain:.2f} times as fast; "
            f"allowed: {LEAST_GAIN} or more"
        )
    if found.flipped:
        reasons.append(
            f"{found.flipped} of {found.items} verdicts differ, the probability by up to {found.worst:.2g}; allowed: none"
        )
    return reasons
