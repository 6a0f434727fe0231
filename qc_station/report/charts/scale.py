"""From numbers to places on a picture, and the round numbers that an axis is marked with."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A straight line from an interval of numbers to an interval of places."""

    low: float
    """First number."""
    high: float
    """Last number; never the same as `low`."""
    start: float
    """Place of `low`."""
    stop: float
    """Place of `high`."""

    def __call__(self, value: float) -> float:
        """The place of a number, held within the axis."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.stop - self.start)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten within an interval, about so many.

    Args:
        low: Smallest number, finite.
        high: Largest number, finite and above `low`.
        about: Wanted number of ticks.
    """
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def interval(values: list[float], *, zero: bool = False) -> tuple[float, float]:
    """Where an axis begins and ends so that all finite values lie inside, also if there is none or only one.

    Args:
        values: What is drawn.
        zero: Whether zero belongs to the axis.
    """
    known = [v for v in values if math.isfinite(v)] + ([0.0] if zero else [])
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    if high - low < 1e-12 * max(1.0, abs(high)):
        return (low, low + 1.0) if zero or low == 0 else (low - 0.5 * abs(low), low + 0.5 * abs(low))
    room = 0.04 * (high - low)
    return (low if zero and low == 0 else low - room), high + room


def tick_text(value: float) -> str:
    """A tick as short as it is exact; very small and very large numbers by their power of ten."""
    if value and not 1e-3 <= abs(value) < 1e5:
        mantissa, power = f"{value:.3e}".split("e")
        return f"{float(mantissa):g}e{int(power)}"
    return f"{value:.4g}"
