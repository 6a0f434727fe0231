"""Attends to one driver, a step at a time: opens, reads, closes after a failure, waits and opens again."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sensors.driver import Driver
from sensors.errors import SensorError, SensorReadError
from sensors.readings import Quality, Reading
from sensors.supervision.backoff import Backoff
from sensors.supervision.health import Health

LOG = logging.getLogger(__name__)
Result = TypeVar("Result")


class Attendant:
    """Runs in a thread that a hanging driver may take with it; so it is replaced as a whole, with its driver."""

    def __init__(
        self,
        driver: Driver,
        health: Health,
        backoff: Backoff,
        deliver: Callable[[Reading], None],
        clock: Callable[[], int],
    ) -> None:
        """Nothing is opened before the first step.

        Args:
            driver: This attendant's alone.
            health: Of the sensor; outlives the attendant.
            backoff: Of the sensor; outlives the attendant.
            deliver: Takes every reading.
            clock: CLOCK_MONOTONIC in ns.
        """
        self._driver, self._health, self._backoff = driver, health, backoff
        self._deliver, self._clock = deliver, clock
        self._open = False
        self._counted: dict[str, int] = {}
        # A new driver counts its sessions from 0 again; nobody else must see one number twice.
        self._first_session = health.sessions
        self.busy_since_ns: int | None = None
        """When the driver was entered; None while it is not running."""
        self.abandoned = False
        """Set from outside when the driver hangs: nothing that it still delivers counts."""
        self.ended = False
        """The recording or simulation is over."""

    def step(self) -> float:
        """Do the next thing.

        Returns:
            Seconds to wait before the step after it.
        """
        try:
            if not self._open:
                self._enter(self._driver.open)
                self._open = True
                self._note(lambda: self._health.opened(self._clock()))
                return 0.0
            reading = self._enter(self._driver.read)
            self._collect()
            self._take(reading)
        except EOFError:
            self._collect()
            self.ended = True
            self.close()
        except SensorError as error:
            return self._recover(str(error))
        except Exception as error:  # a driver of a third party may raise anything: it costs its sensor, not the station
            LOG.exception("stream '%s': the driver raised what it should not", self._health.stream.name)
            return self._recover(f"{type(error).__name__}: {error}")
        return 0.0

    def close(self) -> None:
        """Release the device; what goes wrong then is logged and no one's concern any more."""
        self._open = False
        try:
            self._enter(self._driver.close)
        except Exception as error:
            LOG.warning("stream '%s': closing failed: %s", self._health.stream.name, error)

    def _enter(self, call: Callable[[], Result]) -> Result:
        self.busy_since_ns = self._clock()
        try:
            return call()
        finally:
            self.busy_since_ns = None

    def _collect(self) -> None:
        """Hand on what the driver has counted since the last time; a count that fell has begun anew."""
        counters: dict[str, int] = getattr(self._driver, "counters", {})
        if counters == self._counted:
            return
        new = {name: n - before if n >= (before := self._counted.get(name, 0)) else n for name, n in counters.items()}
        self._counted = dict(counters)
        self._note(lambda: self._health.collect(new))

    def _note(self, change: Callable[[], None]) -> None:
        if not self.abandoned:
            change()

    def _take(self, reading: Reading | None) -> None:
        if self.abandoned:
            return
        fresh = reading is not None and self._hand_on(self._as_declared(reading))
        if not fresh and self._health.silent(now_ns := self._clock()):
            raise SensorError(self._health.silence(now_ns))

    def _as_declared(self, reading: Reading) -> Reading:
        """The reading under a session number that no earlier driver of this sensor has used; raises for another shape."""
        if reading.data.shape[1:] != (expected := self._health.stream.shape):
            raise SensorError(f"delivers samples of shape {reading.data.shape[1:]}, declared are {expected}")
        return replace(reading, session=reading.session + self._first_session) if self._first_session else reading

    def _hand_on(self, reading: Reading) -> bool:
        """Deliver what can be used; whether it was a sign of life.

        Raises:
            SensorReadError: the device was reset: its times before and after must not be compared, so that a new
                session has to begin.
        """
        if self._health.refuses(reading):
            return False
        if self._health.went_back(reading):
            raise SensorReadError("the device was reset: its clock went back")
        self._health.heard(reading)
        self._deliver(reading)
        # Several times faster than the operator, which makes a flag.
        if Quality.REPEATED in reading.quality:
            return False
        self._backoff.settled()
        return True

    def _recover(self, reason: str) -> float:
        self._collect()
        self.close()
        self._note(lambda: self._health.failed(reason))
        wait_s, name = self._backoff.next_s(), self._health.stream.name
        # Most drivers name their stream themselves.
        reason = reason.removeprefix(f"stream '{name}': ")
        LOG.warning("stream '%s': %s; opening again in %.1f s", name, reason, wait_s)
        return wait_s
