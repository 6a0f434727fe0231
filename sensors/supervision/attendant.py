"""Attends to one driver, a step at a time: opens, reads, closes after a failure, waits and opens again."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sensors.driver import Driver
from sensors.errors import SensorError, SensorReadError
from sensors.readings import Quality, Reading
from sensors.streams import Stream
from sensors.supervision.backoff import Backoff
from sensors.supervision.declared import Declared
from sensors.supervision.health import Health

LOG = logging.getLogger(__name__)
HANG_S = 5.0
"""A driver waits a fraction of a second at most; one that has not come back after this long hangs in its library."""
OPEN_S = 20.0
"""The same for opening, which may mean that a camera boots; a driver's own `open_wait_s`, with `HANG_S`, goes before."""
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
        declared: Declared | None = None,
    ) -> None:
        """Nothing is opened before the first step.

        Args:
            driver: This attendant's alone.
            health: Of the sensor; outlives the attendant.
            backoff: Of the sensor; outlives the attendant.
            deliver: Takes every reading.
            clock: CLOCK_MONOTONIC in ns.
            declared: What the sensor has to deliver; None: what the driver says.
        """
        self._declared = declared
        self._dtype: object = None
        self._driver, self._health, self._backoff = driver, health, backoff
        self._deliver, self._clock = deliver, clock
        self._open = False
        self._counted: dict[str, int] = {}
        # A new driver counts its sessions from 0 again; nobody else must see one number twice.
        self._first_session = health.sessions
        own_s: float | None = getattr(driver, "open_wait_s", None)
        self.open_s = OPEN_S if own_s is None else own_s + HANG_S
        """How long the driver may take to open."""
        self.busy: tuple[int, float] | None = None
        """When the driver was entered, in ns, and how many seconds it may take; None while it is not running."""
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
                self._enter(self._driver.open, self.open_s)
                self._open = True
                stream = self._agreed()
                self._note(lambda: self._health.opened(self._clock(), stream))
                return 0.0
            reading = self._enter(self._driver.read, HANG_S)
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
            self._enter(self._driver.close, HANG_S)
        except Exception as error:
            LOG.warning("stream '%s': closing failed: %s", self._health.stream.name, error)

    def _enter(self, call: Callable[[], Result], limit_s: float) -> Result:
        # One assignment, since another thread looks at both.
        self.busy = (self._clock(), limit_s)
        try:
            return call()
        finally:
            self.busy = None

    def _agreed(self) -> Stream:
        """What the open driver delivers; raises where it says something else than was declared."""
        said, self._dtype = self._driver.stream, None
        if self._declared is None:
            return said
        self._declared.check_units(said)
        return self._declared.agreed(said)

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
        # What only plays is silent where the recording is; to open it anew would play it anew.
        if not fresh and not getattr(self._driver, "plays", False) and self._health.silent(now_ns := self._clock()):
            raise SensorError(self._health.silence(now_ns))

    def _as_declared(self, reading: Reading) -> Reading:
        """The reading under a session number that no earlier driver of this sensor has used; raises for other samples."""
        stream = self._health.stream
        # Of numbers of one type numpy has one object, and to ask for its name takes longer than all the rest.
        if reading.data.dtype is not self._dtype or reading.data.shape[1:] != stream.shape:
            (self._declared or Declared.of(stream)).check(reading.data)
            self._dtype = reading.data.dtype
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
