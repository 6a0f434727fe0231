"""A count that a device keeps in 16 or 32 bits, counted on over its wraps."""

from collections.abc import Sequence

BITS = (2**16, 2**32)
"""What counters of devices hold."""


class Counter:
    """Unwraps one count.

    A step back is a wrap when the count, carried on over one of the moduli, agrees with what should have been counted
    meanwhile; every other step back is left to the caller, who knows what it means.
    """

    def __init__(self, moduli: Sequence[int] = BITS, *, slack: int = 0) -> None:
        """Start before the first count.

        Args:
            moduli: What the count may wrap at, rising.
            slack: How far it may be from what should have been counted.
        """
        self._moduli, self._slack = moduli, slack
        self.offset = 0
        """What the wraps add to the device's own count."""

    def unwrap(self, count: int, newest: int, elapsed: int) -> int:
        """A count, carried on.

        Args:
            count: As the device says it.
            newest: The largest count so far, carried on.
            elapsed: What should have been counted since then.

        Returns:
            The count with its offset; below `newest` where it went back and is no wrap.
        """
        carried = count + self.offset
        if carried >= newest:
            return carried
        for modulus in self._moduli:
            # A slack near the modulus itself would take every late reading for a wrap.
            fits = abs(carried + modulus - newest - elapsed) <= min(self._slack, modulus // 4)
            # A device whose count has been above the modulus does not wrap there.
            if fits and newest - self.offset <= modulus:
                self.offset += modulus
                return carried + modulus
        return carried
