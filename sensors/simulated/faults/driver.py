"""A driver whose device has faults."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from sensors.driver import Driver
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Reading
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.injection import Injection
from sensors.simulated.faults.resampler import Resampler
from sensors.streams import Stream

HANG_STEP_S = 0.05
"""How often a hanging `read` looks whether the fault is over."""


class FaultyDriver:
    """Hands over another driver's readings as they would be if its device had these faults.

    What the other driver would have seen and flagged is flagged here, since it does not see it. `Hang` breaks the
    contract of a driver on purpose: `read` and `open` do not come back before it is over.
    """

    def __init__(
        self,
        driver: Driver,
        faults: Sequence[Fault],
        clock: Callable[[], int] = time.monotonic_ns,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Touches no device.

        Args:
            driver: This one's alone.
            faults: In the order in which they act; their times are those of `clock`.
            clock: CLOCK_MONOTONIC in nanoseconds.
            sleep: Waits for seconds while the driver hangs.
        """
        self._driver, self._injection, self._clock, self._sleep = driver, Injection(faults), clock, sleep
        self._lost = 0
        self._since_ns: int | None = None
        self._device_start_ns = 0
        self._begin()

    @property
    def stream(self) -> Stream:
        """As the other driver declares it."""
        return self._driver.stream

    @property
    def counters(self) -> dict[str, int]:
        """The other driver's, and `lost`: readings that became none."""
        return {**getattr(self._driver, "counters", {}), "lost": self._lost}

    def open(self) -> None:
        """Open the other driver.

        Raises:
            SensorNotFoundError: it is unplugged, or the other driver did not find it.
        """
        self._wait_while_hanging()
        if self._injection.unplugged(self._clock()):
            raise SensorNotFoundError(f"stream '{self.stream.name}': no device, a simulated fault has unplugged it")
        self._driver.open()
        self._begin()

    def read(self) -> Reading | None:
        """The next reading with its faults.

        Raises:
            SensorReadError: it is unplugged, or the other driver failed.
            EOFError: the other driver has ended.
        """
        self._wait_while_hanging()
        now_ns = self._clock()
        if self._injection.unplugged(now_ns):
            raise SensorReadError(f"stream '{self.stream.name}': a simulated fault has unplugged the device")
        if not self._waiting and (reading := self._driver.read()) is not None:
            self._take(self._timed(reading, now_ns), now_ns)
        return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """Close the other driver."""
        self._waiting.clear()
        self._driver.close()

    def _begin(self) -> None:
        """A session begins."""
        self._waiting: deque[Reading] = deque()
        self._previous: Reading | None = None
        self._resampler = Resampler()
        self._index, self._added, self._arrival_ns = 0, 0, 0

    def _wait_while_hanging(self) -> None:
        while self._injection.hanging(self._clock()):
            self._sleep(HANG_STEP_S)

    def _timed(self, reading: Reading, now_ns: int) -> Reading:
        """The reading with its arrival and the device's own time as they come from a clock with faults."""
        # When a drift is over arrivals jump back to what they should be, but never before one that was handed over.
        self._arrival_ns = max(self._arrival_ns, reading.arrival_ns - self._injection.lead_ns(now_ns))
        device_ns = None if reading.device_ns is None else self._device_time(reading.device_ns, now_ns)
        return replace(reading, arrival_ns=self._arrival_ns, device_ns=device_ns)

    def _device_time(self, device_ns: int, now_ns: int) -> int:
        """The device's own time since it was last started."""
        if self._since_ns is None:
            self._since_ns = now_ns
        started_ns = self._injection.started_ns(self._since_ns, now_ns)
        if started_ns > self._since_ns:
            self._since_ns, self._device_start_ns = started_ns, device_ns
        return device_ns - self._device_start_ns

    def _take(self, reading: Reading, now_ns: int) -> None:
        """Put what becomes of a reading in the queue, numbered as the device counts."""
        data = self._resampler.resampled(reading.data, self._injection.rate(now_ns))
        seq, self._added = reading.seq + self._added, self._added + len(data) - reading.count
        if not len(data):
            return
        reading = replace(reading, seq=seq, data=data)
        found = self._injection.handed(reading, self._previous, self._index, now_ns)
        self._index += 1
        self._lost += not found
        for copy, one in enumerate(found):
            self._added += one.count if copy else 0
            self._waiting.append(replace(one, seq=seq))
            seq += one.count
        self._previous = found[-1] if found else self._previous
