"""Triggers at a fixed interval."""

import math
import time
from collections.abc import Callable

from qc_station.triggers.contract import Deliver
from qc_station.triggers.delivery import Delivery
from qc_station.triggers.part_names import PartNames

SHORTEST_S, LONGEST_S = 0.001, 7 * 86400.0
"""Of the interval."""


class TimerSource:
    """Each trigger has its own time although the timer is looked at only now and then."""

    def __init__(
        self,
        *,
        interval_s: float,
        clock: Callable[[], int] = time.monotonic_ns,
        names: Callable[[], PartNames] = PartNames,
    ) -> None:
        """Nothing is due before `start`.

        Args:
            interval_s: From one trigger to the next, in seconds; the first comes one interval after the start.
            clock: CLOCK_MONOTONIC in ns.
            names: Makes the names of parts.

        Raises:
            ValueError: the interval is out of range.
        """
        if not (math.isfinite(interval_s) and SHORTEST_S <= interval_s <= LONGEST_S):
            raise ValueError(f"interval_s = {interval_s}; allowed: {SHORTEST_S:g} to {LONGEST_S:g} seconds")
        self._interval_ns, self._clock, self._names = round(interval_s * 1e9), clock, names()
        self._delivery = Delivery()
        self._begun_ns = self._past = 0
        self.why = ""

    @property
    def counters(self) -> dict[str, int]:
        """Triggers."""
        return {"triggers": self._delivery.count}

    def start(self, deliver: Deliver) -> None:
        """Count intervals from now on."""
        self._begun_ns, self._past = self._clock(), 0
        self._delivery.begin(deliver)

    def look(self, now_ns: int) -> None:
        """Trigger what is due."""
        # The past intervals are multiplied, not added up, so that nothing is lost by rounding or by looking late.
        while (due_ns := self._begun_ns + (self._past + 1) * self._interval_ns) <= now_ns:
            if not self._delivery.hand(self._names.fresh(), due_ns):
                return
            self._past += 1

    def stop(self) -> None:
        """No further trigger."""
        self._delivery.end()


SOURCE = TimerSource
