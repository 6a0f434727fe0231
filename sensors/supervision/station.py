"""All sensors of a station: started together, looked after a few times a second, stopped together."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from sensors.driver import Driver
from sensors.errors import SensorError
from sensors.readings import Reading
from sensors.supervision.declared import Declared
from sensors.supervision.health import Health, State
from sensors.supervision.reader import SupervisedReader

LOOK_S = 0.05
"""How long a wait is between two looks."""
FIRST_READING_S = 3.0
"""How long a first reading is waited for after opening."""
SECOND_CHANCE_S = 1.5
"""How long a device that failed at first is tried again before it is called a fault: it may just have been plugged in."""
STOP_S = 5.0
"""How long closing may take; a device that takes longer is left to end with the process."""

Build = Callable[[], Driver]


class StartupError(SensorError):
    """Sensors that could not be started, one line each: who mends a line wants the whole list, not its first entry."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        """Args: faults: What is wrong, by stream."""
        self.faults = dict(faults)
        lines = "".join(f"\n  stream '{name}': {fault}" for name, fault in faults.items())
        count = "1 sensor" if len(faults) == 1 else f"{len(faults)} sensors"
        super().__init__(f"{count} did not start:{lines}")


class Supervision:
    """A supervised reader per sensor; `with` stops them."""

    def __init__(
        self,
        builds: Mapping[str, Build],
        deliver: Callable[[Reading], None],
        *,
        declared: Mapping[str, Declared] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is opened before `start`.

        Args:
            builds: Makes the driver of each stream, again and again where it hangs.
            deliver: Takes every reading, in the thread of its sensor.
            declared: What each sensor has to deliver; None or absent: what its driver says.
            clock: CLOCK_MONOTONIC in ns.
            sleep: Waits for seconds.
        """
        self._clock, self._sleep = clock, sleep
        self._last: dict[str, Reading] = {}
        self._deliver = deliver
        self._readers = {
            name: SupervisedReader(build, self._take, declared=(declared or {}).get(name), clock=clock)
            for name, build in builds.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def healths(self) -> dict[str, Health]:
        """State and counters by stream."""
        return {name: reader.health for name, reader in self._readers.items()}

    @property
    def ended(self) -> bool:
        """Whether all of them were recordings or simulations and are over."""
        return all(reader.ended for reader in self._readers.values())

    def last(self, stream: str) -> Reading | None:
        """The newest reading of a stream."""
        return self._last.get(stream)

    def start(self) -> dict[str, str]:
        """Open everything, all at the same time, and wait until it is known whether that worked.

        Returns:
            What is wrong, by stream; those sensors go on being tried.
        """
        for reader in self._readers.values():
            reader.start()
        began_ns = self._clock()
        while (faults := self._faults(self._clock() - began_ns)) is None:
            self.look()
            self._sleep(LOOK_S)
        return faults

    def look(self) -> dict[str, State]:
        """Replace what hangs; returns the states of this moment."""
        return {name: reader.look() for name, reader in self._readers.items()}

    def stop(self) -> list[str]:
        """Close everything.

        Returns:
            The streams whose device has not let go in time.
        """
        for reader in self._readers.values():
            reader.stop()
        limit_ns = self._clock() + round(STOP_S * 1e9)
        while (left := [n for n, r in self._readers.items() if r.running]) and self._clock() < limit_ns:
            self._sleep(LOOK_S)
        return left

    def _take(self, reading: Reading) -> None:
        self._last[reading.stream] = reading
        self._deliver(reading)

    def _faults(self, waited_ns: int) -> dict[str, str] | None:
        """What is wrong by stream; None while that is not known of every sensor."""
        faults: dict[str, str] = {}
        for name, reader in self._readers.items():
            health = reader.health
            if reader.ended or health.state(self._clock()) in (State.LIVE, State.WARMING):
                continue
            failing = bool(health.counters.failures or health.counters.abandoned)
            if failing:
                waits_ns, patience_s = waited_ns, SECOND_CHANCE_S
            elif health.opened_once:
                # A first reading has its time from the opening, however long that took.
                waits_ns, patience_s = health.age_ns(self._clock()), FIRST_READING_S
            else:
                waits_ns, patience_s = waited_ns, reader.open_s
            if waits_ns < patience_s * 1e9:
                return None
            if failing:
                faults[name] = health.reason.removeprefix(f"stream '{name}': ")
            elif not health.opened_once:
                faults[name] = f"not open after {reader.open_s:g} s"
        return faults
