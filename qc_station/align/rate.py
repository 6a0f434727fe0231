"""A sample rate as a fraction, so that sample times stay exact integers for days."""

from dataclasses import dataclass
from fractions import Fraction

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Samples a second as `samples / seconds`."""

    samples: int
    """Numerator, above 0."""
    seconds: int
    """Denominator, above 0."""

    @classmethod
    def of(cls, rate_hz: float) -> "Rate":
        """The simplest fraction within a part in a million of a rate; raises ValueError where it is not above 0."""
        fraction = Fraction(rate_hz).limit_denominator(1_000_000)
        if fraction <= 0:
            raise ValueError(f"rate {rate_hz} Hz: must be above 0")
        return cls(samples=fraction.numerator, seconds=fraction.denominator)

    def span_ns(self, count: int) -> int:
        """Time from a sample to the one `count` later, rounded down."""
        return count * self.seconds * SECOND_NS // self.samples

    def nearest(self, span_ns: int) -> int:
        """How many samples lie nearest to a span; half rounds up."""
        doubled = 2 * self.seconds * SECOND_NS
        return (2 * span_ns * self.samples + doubled // 2) // doubled

    def last_by(self, span_ns: int) -> int:
        """The largest count whose `span_ns` is not above this one."""
        return ((span_ns + 1) * self.samples - 1) // (self.seconds * SECOND_NS)
