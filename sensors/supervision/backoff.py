"""How long to wait before the next try."""

from collections.abc import Callable

FIRST_S, LONGEST_S = 0.25, 4.0
"""The first wait and the longest one: a sensor that is plugged in again is back well within ten seconds."""
JITTER = 0.25
"""Share of the wait by which it varies, so that sensors on one hub do not all knock at once."""


class Backoff:
    """Waits that double with every failure and begin anew after a reading."""

    def __init__(self, chance: Callable[[], float]) -> None:
        """Args: chance: Uniform in 0 to 1, e.g. `random.random`."""
        self._chance, self._tries = chance, 0

    def next_s(self) -> float:
        """The wait before the next try, in seconds."""
        wait_s = min(LONGEST_S, FIRST_S * 2.0 ** min(self._tries, 16))
        self._tries += 1
        return wait_s * (1.0 + JITTER * (2.0 * self._chance() - 1.0))

    def settled(self) -> None:
        """The device delivers again."""
        self._tries = 0
