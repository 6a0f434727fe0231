"""A thread for one sensor, and another one when the first hangs."""

import random
import threading
import time
from collections.abc import Callable

from sensors.driver import Driver
from sensors.errors import SensorError
from sensors.readings import Reading
from sensors.streams import Stream
from sensors.supervision.attendant import OPEN_S, Attendant
from sensors.supervision.backoff import Backoff
from sensors.supervision.declared import Declared
from sensors.supervision.health import Health, State

MOST_ABANDONED = 4
"""Threads of one sensor that may hang at the same time; with more, nothing new is started until one comes back."""

Spawn = Callable[[str, Callable[[], None]], Callable[[], bool]]
"""Runs a function beside us; returns a function that says whether it still runs."""


def in_thread(name: str, work: Callable[[], None]) -> Callable[[], bool]:
    """Run in a daemon thread: one that hangs must not keep the station from ending."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread.is_alive


class SupervisedReader:
    """Keeps one sensor delivering; `look` is to be called a few times a second."""

    def __init__(
        self,
        build: Callable[[], Driver],
        deliver: Callable[[Reading], None],
        *,
        declared: Declared | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        chance: Callable[[], float] = random.random,
        spawn: Spawn = in_thread,
    ) -> None:
        """Nothing is opened before `start`.

        Args:
            build: Makes the driver, and another one where the first hangs; touches no device.
            deliver: Takes every reading, in the sensor's thread.
            declared: What the sensor has to deliver; None: what the driver says.
            clock: CLOCK_MONOTONIC in ns.
            chance: Uniform in 0 to 1, for the jitter of the waits.
            spawn: How a thread is started.
        """
        self._build, self._deliver, self._clock, self._spawn = build, deliver, clock, spawn
        self._first: Driver | None = build()
        self._declared = declared
        self.health = Health(_before_opening(self._first, declared), clock())
        self._backoff = Backoff(chance)
        self._stop = threading.Event()
        self._attendant: Attendant | None = None
        self._runs: list[Callable[[], bool]] = []

    def start(self) -> None:
        """Open and read from now on."""
        driver, self._first = self._first or self._build(), None
        attendant = Attendant(driver, self.health, self._backoff, self._deliver, self._clock, self._declared)
        self._attendant = attendant
        self._runs.append(self._spawn(f"sensor {self.health.stream.name}", lambda: self._attend(attendant)))

    def _attend(self, attendant: Attendant) -> None:
        while not (self._stop.is_set() or attendant.abandoned or attendant.ended):
            wait_s = attendant.step()
            if wait_s > 0:
                self._stop.wait(wait_s)
        attendant.close()

    def look(self) -> State:
        """Replace the driver where it hangs; returns the state of the sensor at this moment."""
        now_ns, attendant = self._clock(), self._attendant
        self._runs = [alive for alive in self._runs if alive()]
        if attendant is not None and not attendant.abandoned and (limit_s := _hangs_for(attendant, now_ns)):
            attendant.abandoned = True
            self.health.hung(f"the driver has not come back for {limit_s:g} s; {len(self._runs)} hanging")
        if attendant is not None and attendant.abandoned and len(self._runs) < MOST_ABANDONED:
            self.start()
        return self.health.state(now_ns)

    @property
    def open_s(self) -> float:
        """How long the driver may take to open."""
        return OPEN_S if self._attendant is None else self._attendant.open_s

    @property
    def ended(self) -> bool:
        """Whether a recording or simulation is over."""
        return self._attendant is not None and self._attendant.ended

    @property
    def running(self) -> bool:
        """Whether a thread of this sensor still runs."""
        return any(alive() for alive in self._runs)

    def stop(self) -> None:
        """Let the thread close the device and end; one that hangs ends with the process."""
        self._stop.set()


def _hangs_for(attendant: Attendant, now_ns: int) -> float:
    """The limit in seconds that the running call of the driver has broken; 0 where it has not."""
    busy = attendant.busy
    return busy[1] if busy is not None and now_ns - busy[0] > busy[1] * 1e9 else 0.0


def _before_opening(driver: Driver, declared: Declared | None) -> Stream:
    """What is known of the stream before the device is opened."""
    if declared is None:
        return driver.stream
    try:
        return declared.agreed(driver.stream)
    except SensorError:
        # A replay looks for its recording; that there is none is said when it is opened, with all other faults.
        return declared.agreed(None)
