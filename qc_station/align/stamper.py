"""When the last sample of each reading of a stream was taken, by the best clock that the stream has."""

from typing import NamedTuple

from qc_station.align.clock import START_UNCERTAINTY_NS, Clock
from qc_station.align.device_time import DeviceTime
from qc_station.align.rate import Rate
from sensors.readings import Reading
from sensors.streams import Stream

COUNTING = ("waveform",)
"""Kinds whose converter takes samples by its own crystal, so that their number is a clock. Frames and steps are numbered
by the host as they come: a camera that closes its shutter for a second counts nothing meanwhile."""


class Stamp(NamedTuple):
    """The time of a reading; a tuple, since one is made of every reading."""

    time_ns: int
    """CLOCK_MONOTONIC of its last sample, never after its arrival."""
    uncertainty_ns: int
    """How far that may be off."""
    epoch: int
    """Counts sessions and breaks of the clock."""


class Stamper:
    """Chooses between device time, sample count and arrival when a session begins, and stays with it.

    Device time is carried over to CLOCK_MONOTONIC where the device gives it, else the count of samples is where it is
    kept by a crystal, else a reading was taken when it arrived.
    """

    def __init__(self, stream: Stream, rate: Rate | None) -> None:
        """Start before the first reading."""
        self._rate = rate
        self._counts = rate is not None and stream.kind in COUNTING
        self._clock, self._device = Clock(), DeviceTime()
        self._session: int | None = None
        self._has_device_time = False
        self._period_ns = rate.span_ns(1) if rate else None
        self._arrived_ns: int | None = None
        self._resets = 0

    @property
    def breaks(self) -> int:
        """Steps of the clock and restarts of the device's time within a session."""
        return self._clock.breaks + self._resets

    @property
    def drift_ppm(self) -> float | None:
        """How much faster than declared the device counts; None while unknown and for a stream without a clock."""
        return self._clock.drift_ppm

    def stamp(self, reading: Reading) -> Stamp:
        """Take a reading into account; they come in the order of session and index."""
        if reading.session != self._session:
            # Device time is never compared across sessions.
            self._session, self._has_device_time = reading.session, reading.device_ns is not None
            self._clock.restart()
            self._device.restart()
        device_ns = self._device_ns(reading)
        if device_ns is None:
            time_ns, uncertainty_ns = reading.arrival_ns, self._waited_ns(reading)
        else:
            time_ns = self._clock.stamp(device_ns, reading.arrival_ns)
            uncertainty_ns = self._clock.uncertainty_ns
        self._arrived_ns = reading.arrival_ns
        return Stamp(time_ns, uncertainty_ns, reading.session + self._clock.breaks + self._resets)

    def _device_ns(self, reading: Reading) -> int | None:
        """The last sample on the clock of the session; None where only its arrival is known."""
        if not self._has_device_time:
            return self._rate.span_ns(reading.seq + len(reading.data) - 1) if self._rate and self._counts else None
        if reading.device_ns is None:
            return None
        device_ns, anew = self._device.unwrap(reading.device_ns, reading.arrival_ns)
        if anew:
            self._resets += 1
            self._clock.restart()
        return device_ns

    def _waited_ns(self, reading: Reading) -> int:
        """A sample may be as old as the time since the reading before it, or as a period where it is on time."""
        if self._arrived_ns is None:
            return self._period_ns or START_UNCERTAINTY_NS
        elapsed_ns = max(0, reading.arrival_ns - self._arrived_ns)
        return elapsed_ns if self._period_ns is None else min(elapsed_ns, self._period_ns)
