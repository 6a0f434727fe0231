"""Notices that somebody set the wall clock; the line itself never asks what time it is."""

import logging
import time
from collections.abc import Callable

LOG = logging.getLogger(__name__)
STEP_NS = 500_000_000
"""The wall clock is off by this much since the last look: it was set. Slewing moves it by 0.5 ms a second."""


class WallClock:
    """Compares the wall clock with CLOCK_MONOTONIC; what it finds is logged and counted, and changes nothing."""

    def __init__(self, *, clock: Callable[[], int] = time.monotonic_ns, wall: Callable[[], int] = time.time_ns) -> None:
        """Take both clocks as they stand.

        Args:
            clock: CLOCK_MONOTONIC in ns.
            wall: Nanoseconds since 1970 in UTC.
        """
        self._clock, self._wall = clock, wall
        self._ahead_ns = wall() - clock()
        self.steps = 0
        """Times that it was set, or that the computer slept, which CLOCK_MONOTONIC does not count."""

    def look(self) -> int:
        """Compare once more.

        Returns:
            By how many nanoseconds the wall clock has stepped since the last look; 0 where it has not.
        """
        ahead_ns = self._wall() - self._clock()
        step_ns, self._ahead_ns = ahead_ns - self._ahead_ns, ahead_ns
        if abs(step_ns) < STEP_NS:
            return 0
        self.steps += 1
        LOG.warning("the wall clock stepped by %+.1f s; times shown to people step too, parts do not", step_ns / 1e9)
        return step_ns
