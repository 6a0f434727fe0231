"""Whether a sensor is alive: a state machine that is told everything, the time too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sensors.readings import Quality, Reading
from sensors.streams import Stream
from sensors.supervision.drift import Drift
from sensors.supervision.period import STALE_S, Period

STALE_NS = round(STALE_S * 1e9)
RATE_TOLERANCE = 0.05
"""A measured rate that is further from the declared one, as a share of it, is wrong; a Lepton's 8.6 of 9 Hz is not."""


class State(StrEnum):
    """What a sensor is doing."""

    STARTING = "starting"
    """Opened for the first time, or about to be; no reading yet."""
    WARMING = "warming"
    """Delivers, but has not reached its working point."""
    LIVE = "live"
    """Delivers."""
    STALE = "stale"
    """Open, and late with its next reading."""
    DEAD = "dead"
    """Silent for so long that it is given up and opened anew."""
    REOPENING = "reopening"
    """Closed after a failure or a silence; waiting for the next try or for its first reading."""


@dataclass(slots=True, kw_only=True)
class Counters:
    """What has happened since the station started."""

    readings: int = 0
    """Delivered."""
    samples: int = 0
    """In these readings."""
    gaps: int = 0
    """Times that samples were missing between two readings of one session."""
    lost_samples: int = 0
    """Samples missing in these gaps, as far as the device counts them."""
    overflows: int = 0
    """Readings before which the device or its driver dropped samples."""
    reopenings: int = 0
    """Times that the device was closed and opened again."""
    abandoned: int = 0
    """Drivers that hung and were replaced."""
    failures: int = 0
    """Errors that the driver raised."""
    nonfinite: int = 0
    """Readings with NaN or infinity; withheld from everybody."""
    saturated: int = 0
    """Readings with a sample at the end of the range."""
    repeated: int = 0
    """Readings that were the same again: a frozen camera, a closed shutter, a frame sent twice."""
    clock_resets: int = 0
    """Readings whose device time had gone back; withheld, and the device was opened anew."""
    wrong_rates: int = 0
    """Times that the measured rate left the declared one."""
    driver: dict[str, int] = field(default_factory=dict)
    """The driver's own counters, e.g. malformed bytes, summed over its reopenings."""


class Health:
    """State and counters of one sensor."""

    def __init__(self, stream: Stream, now_ns: int) -> None:
        """A sensor that is about to be opened.

        Args:
            stream: What it is to deliver, as far as that is known before it is opened.
            now_ns: CLOCK_MONOTONIC.
        """
        self.stream, self.counters = stream, Counters()
        self.drift, self._period = Drift(stream.nominal_rate_hz), Period(stream)
        self.reason = "not opened yet"
        self.sessions = 0
        self.opened_once = False
        self._quiet_since_ns = now_ns
        self._state = State.STARTING
        self._next: tuple[int, int] | None = None
        self._device: tuple[int, int] | None = None
        self._quality = Quality.OK
        # Readings in a row that were no news: the same again, or no numbers.
        self._empty = 0
        self._rate_doubt = ""

    def refuses(self, reading: Reading) -> bool:
        """Count a reading that holds NaN or infinity; such a one is handed to nobody and is no sign of life."""
        if reading.finite:
            return False
        self.counters.nonfinite += 1
        self._empty += 1
        return True

    def went_back(self, reading: Reading) -> bool:
        """Count a reading whose device time is before that of the one before it in the same session."""
        if reading.device_ns is None:
            return False
        session, last_ns = self._device or (reading.session, reading.device_ns)
        back = session == reading.session and reading.device_ns < last_ns
        self.counters.clock_resets += back
        self._device = (reading.session, reading.device_ns)
        return back

    def heard(self, reading: Reading) -> None:
        """Take note of a reading."""
        self._count(reading)
        self._gap(reading)
        quiet_ns = reading.arrival_ns - self._quiet_since_ns
        if quiet_ns > STALE_NS and quiet_ns > self.stale_ns:
            self.drift.interrupted()
        if self.drift.heard(reading):
            self._compare_rate()
        self._quality = reading.quality
        if Quality.REPEATED in reading.quality:
            # No sign of life: a frozen camera would look alive for ever.
            self._empty += 1
            return
        self._empty = 0
        self._period.heard(reading)
        self._quiet_since_ns = max(self._quiet_since_ns, reading.arrival_ns)
        self._state = State.WARMING if Quality.WARMING in reading.quality else State.LIVE
        self.reason = ""

    def _count(self, reading: Reading) -> None:
        """What the reading's flags say, too."""
        counters, quality = self.counters, reading.quality
        counters.readings += 1
        counters.samples += reading.count
        # Asked this way round because the operators of flags take longer than all the rest.
        if quality is not Quality.OK:
            counters.overflows += Quality.OVERFLOW in quality
            counters.saturated += Quality.SATURATED in quality
            counters.repeated += Quality.REPEATED in quality

    def _compare_rate(self) -> None:
        """Count the moment at which the measured rate leaves the declared one."""
        measured_hz, declared_hz = self.drift.rate_hz, self.stream.nominal_rate_hz
        doubt = ""
        if measured_hz and declared_hz and abs(measured_hz / declared_hz - 1.0) > RATE_TOLERANCE:
            doubt = f"{measured_hz:.4g} Hz measured, {declared_hz:.4g} Hz declared (limit {RATE_TOLERANCE:.0%})"
            self.counters.wrong_rates += not self._rate_doubt
        self._rate_doubt = doubt

    def _gap(self, reading: Reading) -> None:
        """Count samples that are missing, by the device's count or by its own word."""
        session, expected = self._next or (reading.session, reading.seq)
        missing = reading.seq - expected if session == reading.session else 0
        if missing > 0 or Quality.GAP_BEFORE in reading.quality:
            self.counters.gaps += 1
            self.counters.lost_samples += max(0, missing)
        self._next = (reading.session, reading.seq + reading.count)
        self.sessions = max(self.sessions, reading.session + 1)

    def opened(self, now_ns: int, stream: Stream | None = None) -> None:
        """The device was opened; its silence counts from here.

        Args:
            now_ns: CLOCK_MONOTONIC.
            stream: What it delivers, which some devices say only now; None: what is known already.
        """
        if stream is not None and stream != self.stream:
            self.stream = stream
            self.drift, self._period = Drift(stream.nominal_rate_hz), Period(stream)
        self._quiet_since_ns = now_ns
        self.opened_once = True
        self.reason = "no reading yet"

    def failed(self, reason: str) -> None:
        """The device was closed after an error or a silence, or could not be opened; it will be tried again."""
        self.counters.failures += 1
        self.counters.reopenings += 1
        self._state, self.reason = State.REOPENING, reason

    def hung(self, reason: str) -> None:
        """The driver did not come back; it is abandoned."""
        self.counters.abandoned += 1
        self._state, self.reason = State.DEAD, reason

    def collect(self, counted: Mapping[str, int]) -> None:
        """Add what the driver has counted since the last time."""
        for name, count in counted.items():
            self.counters.driver[name] = self.counters.driver.get(name, 0) + count

    @property
    def stale_ns(self) -> int:
        """Silence after which the sensor is stale."""
        return self._period.stale_ns

    @property
    def dead_ns(self) -> int:
        """Silence after which the sensor is dead."""
        return self._period.dead_ns

    def age_ns(self, now_ns: int) -> int:
        """Time since the last reading, or since opening when none came."""
        return max(0, now_ns - self._quiet_since_ns)

    def silent(self, now_ns: int) -> bool:
        """Whether the silence calls for closing and opening."""
        return self.age_ns(now_ns) > self.dead_ns

    def state(self, now_ns: int) -> State:
        """The state at this moment."""
        if self._state not in (State.LIVE, State.WARMING):
            return self._state
        age_ns = self.age_ns(now_ns)
        if age_ns > self.dead_ns:
            return State.DEAD
        return State.STALE if age_ns > self.stale_ns else self._state

    @property
    def rate_hz(self) -> float | None:
        """Samples a second over the last seconds; None before it can be said, and for a sensor without a rate."""
        return self.drift.rate_hz

    @property
    def rate_off(self) -> bool:
        """Whether that is further from the declared rate than `RATE_TOLERANCE`."""
        return bool(self._rate_doubt)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is wrong with what a living sensor delivers, in words; empty when nothing is."""
        saturated = "at the end of its range" if Quality.SATURATED in self._quality else ""
        return tuple(doubt for doubt in (self._rate_doubt, saturated) if doubt)

    def why(self, now_ns: int) -> str:
        """What keeps the sensor from being live, in words; empty when it is."""
        state = self.state(now_ns)
        return self.reason or (self.silence(now_ns) if state in (State.STALE, State.DEAD) else "")

    def silence(self, now_ns: int) -> str:
        """How long nothing came, in words."""
        dead = self.age_ns(now_ns) > self.dead_ns
        limit_s = (self.dead_ns if dead else self.stale_ns) / 1e9
        empty = f"; the last {self._empty} brought nothing new or no numbers" if self._empty else ""
        return f"no reading for {self.age_ns(now_ns) / 1e9:.1f} s (limit {limit_s:g} s){empty}"
