"""Threads that hang in a library, counted for the whole process by the device that they hang on.

Nobody can end such a thread, and a supervisor replaces the driver that it belongs to; so a driver that counted only its
own would begin anew with every replacement.
"""

import threading
from collections.abc import Callable

from sensors.errors import SensorNotFoundError

MOST_HANGING = 4
"""Threads that may hang on one device at the same time; more would only hide that it or its bus is broken."""


class Hanging:
    """Abandoned threads by device; one that comes back after all is forgotten."""

    def __init__(self) -> None:
        """Nothing hangs."""
        self._lock = threading.Lock()
        self._alive: dict[str, list[Callable[[], bool]]] = {}

    def add(self, device: str, alive: Callable[[], bool]) -> None:
        """Take over a thread that was abandoned.

        Args:
            device: What it hangs on, under the name that every driver of that device uses.
            alive: Whether it still runs.
        """
        with self._lock:
            self._alive.setdefault(device, []).append(alive)

    def count(self, device: str) -> int:
        """Threads that hang on a device at this moment."""
        with self._lock:
            left = [alive for alive in self._alive.pop(device, []) if alive()]
            if left:
                self._alive[device] = left
            return len(left)

    def refuse_more(self, device: str, label: str, way_out: str) -> None:
        """Keep a driver from opening what most likely hangs again.

        Args:
            device: As for `add`.
            label: What hangs, for people.
            way_out: What a person can do.

        Raises:
            SensorNotFoundError: `MOST_HANGING` threads hang on the device.
        """
        if (count := self.count(device)) >= MOST_HANGING:
            raise SensorNotFoundError(f"{count} {label} hang (limit {MOST_HANGING}); {way_out}")
