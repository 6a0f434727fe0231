"""A replay that takes part in the present."""

import time
from collections.abc import Callable
from dataclasses import replace

from sensors.driver import Driver
from sensors.readings import Reading
from sensors.streams import Stream

SKIPPED_AT_ONCE = 256
"""Readings of the past that one call of `read` passes over, so that it does not take long."""


class Current:
    """Hands over what another driver delivers from the moment of opening on, as a microphone does.

    A replay that is shifted to the present and opened again begins at its beginning, and so with what is long past.
    """

    def __init__(self, driver: Driver, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """Touches no device.

        Args:
            driver: This one's alone; its arrivals are times of `clock`.
            clock: CLOCK_MONOTONIC in nanoseconds.
        """
        self._driver, self._clock = driver, clock
        self._opened_ns, self._first_seq = 0, -1
        self._session, self._theirs = -1, -1
        self._skipped = 0

    @property
    def stream(self) -> Stream:
        """As the other driver declares it."""
        return self._driver.stream

    @property
    def counters(self) -> dict[str, int]:
        """The other driver's, and `skipped`: readings of the past."""
        return {**getattr(self._driver, "counters", {}), "skipped": self._skipped}

    def open(self) -> None:
        """Open the other driver; a session begins."""
        self._driver.open()
        self._opened_ns, self._theirs = self._clock(), -1
        self._session += 1

    def read(self) -> Reading | None:
        """The next reading that is not of the past; numbered from 0 in each session.

        Raises:
            SensorReadError: the other driver failed.
            EOFError: it has ended.
        """
        for _ in range(SKIPPED_AT_ONCE):
            reading = self._driver.read()
            if reading is None or reading.arrival_ns >= self._opened_ns:
                return None if reading is None else self._numbered(reading)
            self._skipped += 1
        return None

    def close(self) -> None:
        """Close the other driver."""
        self._driver.close()

    def _numbered(self, reading: Reading) -> Reading:
        if reading.session != self._theirs:
            # A change of session within the recording is one here, too.
            self._session += self._theirs >= 0
            self._theirs, self._first_seq = reading.session, reading.seq
        return replace(reading, session=self._session, seq=reading.seq - self._first_seq)
