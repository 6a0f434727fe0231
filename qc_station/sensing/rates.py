"""How many samples a second really come."""

from collections import deque

WINDOW_NS = 5_000_000_000
"""Over which the rate is measured."""


class RateMeter:
    """Counts between two looks that are up to five seconds apart."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._seen: deque[tuple[int, int]] = deque()

    def hz(self, now_ns: int, samples: int) -> float | None:
        """Samples a second over the last seconds; None before two looks.

        Args:
            now_ns: CLOCK_MONOTONIC.
            samples: How many have come in all.
        """
        self._seen.append((now_ns, samples))
        # One look before the window stays, so that the window is whole.
        while len(self._seen) > 2 and now_ns - self._seen[1][0] >= WINDOW_NS:
            self._seen.popleft()
        first_ns, first = self._seen[0]
        return (samples - first) / (now_ns - first_ns) * 1e9 if now_ns > first_ns else None
