"""A simulated sensor that speaks over a wire."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from sensors.driver import Driver
from sensors.readings import Reading, Samples
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.injection import Injection
from sensors.simulated.faults.resampler import Resampler
from sensors.simulated.line import START_NS
from sensors.simulated.wires.encoder import Encoder
from sensors.simulated.wires.link import Link

LOG = logging.getLogger(__name__)
TICK_S = 0.02
"""Longest time between two looks at who listens and at which faults have begun."""
LATE_NS = 1_000_000_000
"""What was due longer ago is not sent any more: a device keeps nothing for a host that was asleep."""


class Device:
    """Plays the readings of a driver over a link when their time comes."""

    def __init__(
        self,
        driver: Driver,
        encoder: Encoder,
        link: Link,
        *,
        faults: Sequence[Fault] = (),
        origin_ns: int | None = None,
        start_ns: int = START_NS,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Nothing is there before `start` or the first `step`.

        Args:
            driver: What the sensor measures and when, e.g. of `line_drivers`; this one's alone.
            encoder: How it says so.
            link: What it says it over.
            faults: Their times are those of `clock`.
            origin_ns: When it is switched on, by `clock`; the first `step` if not given.
            start_ns: The driver's time at that moment.
            clock: CLOCK_MONOTONIC in nanoseconds.
        """
        self._driver, self._encoder, self.link = driver, encoder, link
        self._injection, self._resampler = Injection(faults), Resampler()
        self._given_origin_ns, self._start_ns, self._clock = origin_ns, start_ns, clock
        self._origin_ns: int | None = None
        self._next: Reading | None = None
        self._previous: Samples | None = None
        self._plugged = self._hanging = False
        self._greeted = self._index = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.ended = False
        """Whether the driver has nothing more to play, or the device has failed."""
        self.failure = ""
        """What ended the thread before its time: a mistake in the simulation, no fault that was asked for."""
        self.counters = {"sent": 0, "unheard": 0, "late": 0}
        """Readings sent, measured while nobody listened or the device hung, and skipped because they were too late."""

    def start(self) -> None:
        """Be there, and run in a thread until `stop`."""
        self._stop.clear()
        # Here, so that whoever opens the other end next finds it.
        self.step()
        self._thread = threading.Thread(target=self._run, name=f"device {self._driver.stream.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Switch off; may be called twice."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        self._switch_off()

    def step(self) -> float:
        """Send what is due.

        Returns:
            Seconds until there is something to do.
        """
        now_ns = self._clock()
        if self._origin_ns is None:
            self._origin_ns = now_ns if self._given_origin_ns is None else self._given_origin_ns
            self._driver.open()
        self._follow(now_ns)
        while (due_ns := self._due_ns(now_ns)) is not None and due_ns <= now_ns:
            self._play(now_ns, late=now_ns - due_ns > LATE_NS)
        return TICK_S if due_ns is None else min(TICK_S, (due_ns - now_ns) / 1e9)

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and not self.ended:
                self._stop.wait(self.step())
        # Whatever it is: a thread that ends in silence would look like a sensor that has nothing to say.
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Be gone, as a device that breaks down, and say why."""
        LOG.exception("stream '%s': the simulated device has failed", self._driver.stream.name)
        self.failure = f"{type(error).__name__}: {error}"
        self.ended, self._plugged = True, False
        self.link.unplug()

    def _switch_off(self) -> None:
        self.link.unplug()
        self._driver.close()
        self._plugged, self._origin_ns = False, None

    def _follow(self, now_ns: int) -> None:
        """Plug in, pull out, and greet who has begun to listen."""
        self._hanging = self._injection.hanging(now_ns)
        plugged = not self.ended and not self._injection.unplugged(now_ns)
        if plugged and not self._plugged:
            self.link.plug()
        elif self._plugged and not plugged:
            self.link.unplug()
        self._plugged = plugged
        if plugged and not self._hanging and self.link.listeners > self._greeted:
            self._greeted = self.link.listeners
            self._send(self._encoder.header)

    def _due_ns(self, now_ns: int) -> int | None:
        """When the next reading is to be sent; None when there is none."""
        if self._next is None and not self.ended:
            try:
                self._next = self._driver.read()
            except EOFError:
                self.ended, self._plugged = True, False
                self.link.unplug()
        if self._next is None or self._origin_ns is None:
            return None
        return self._origin_ns + self._next.arrival_ns - self._start_ns - self._injection.lead_ns(now_ns)

    def _play(self, now_ns: int, *, late: bool) -> None:
        """Measure, and say so if anybody listens."""
        reading, self._next = self._next, None
        if reading is None or late:
            self.counters["late"] += late
            return
        data = self._injection.measured(reading.data, self._previous, now_ns)
        self._previous = data
        data = self._resampler.resampled(data, self._injection.rate(now_ns))
        if not self._plugged or self._hanging or not self.link.heard:
            self.counters["unheard"] += 1
            return
        self.counters["sent"] += 1
        for chunk in self._encoder.chunks(data, self._device_ns(now_ns)):
            self._send(self._injection.sent(chunk, self._index, now_ns))
            self._index += 1

    def _send(self, chunk: bytes) -> None:
        if chunk:
            self.link.send(chunk)

    def _device_ns(self, now_ns: int) -> int:
        """The device's own time since it was started."""
        started_ns = self._injection.started_ns(self._origin_ns or now_ns, now_ns)
        return now_ns - started_ns + self._injection.lead_ns(now_ns)
