"""The clock of a microcontroller: milliseconds in 32 bits, as Arduino's millis() counts them."""

WRAP_MS = 2**32
"""After 49.7 days the count begins at 0 again."""
WRAP_WITHIN_MS = 600_000
"""A count that went back is a wrap only if the device would have been silent for no longer than this."""


class Millis:
    """Unwraps a 32-bit count of milliseconds and sees when the device was reset."""

    def __init__(self) -> None:
        """Start before the first count."""
        self._last_ms: float | None = None
        self._turns = 0
        self._restarted = False

    def unwrap(self, count_ms: float) -> int:
        """The device's time.

        A step back over the end of the range, with little time between, is a wrap; any other step back is a reset of
        the device, after which its time begins anew.

        Args:
            count_ms: The count, at least 0 and below 2**32.

        Returns:
            Nanoseconds since the device started, counted on over wraps.

        Raises:
            ValueError: the count is out of range.
        """
        if not 0 <= count_ms < WRAP_MS:
            raise ValueError(f"device time {count_ms} ms is not within 0 .. {WRAP_MS - 1}")
        if self._last_ms is not None and count_ms < self._last_ms:
            self._back(self._last_ms - count_ms)
        self._last_ms = count_ms
        return self._turns * WRAP_MS * 1_000_000 + round(count_ms * 1e6)

    def take_restart(self) -> bool:
        """Whether the clock went back since this was last asked."""
        restarted, self._restarted = self._restarted, False
        return restarted

    def _back(self, step_ms: float) -> None:
        """The count went back by so much."""
        if WRAP_MS - step_ms <= WRAP_WITHIN_MS:
            self._turns += 1
        else:
            self._turns, self._restarted = 0, True
