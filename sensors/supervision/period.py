"""How often a sensor ought to be heard: by its rate, or by what it has done so far."""

from sensors.readings import Reading
from sensors.streams import Stream

STALE_PERIODS, STALE_S = 3, 1.0
"""A sensor is stale after so many periods without a reading, but never before so many seconds."""
DEAD_PERIODS, DEAD_S = 10, 10.0
"""The same for dead; a dead sensor is closed and opened again."""
CYCLE_S = 12.0
"""Period that a series of unknown rate is first taken to have: a heater cycle of a gas sensor takes up to 11 s."""
FORGET = 0.99
"""What is left of the longest interval after each further reading."""


class Period:
    """The time from one reading to the next.

    Nobody may know the rate of a sensor. Then its period is the longest interval between two readings of one session,
    forgotten slowly, so that one that reports when it likes may pause ten times as long as ever before without being
    taken for dead. Before the first interval an image or a waveform of unknown rate is taken to be fast, because it
    nearly always is, and a series to be as slow as a cycle of a gas sensor, because it would never be heard otherwise.
    """

    def __init__(self, stream: Stream) -> None:
        """Args: stream: With its rate, if that is known."""
        self._rate_hz = stream.nominal_rate_hz
        self._period_s = 1.0 / self._rate_hz if self._rate_hz else CYCLE_S if stream.kind == "series" else 0.0
        self._last: tuple[int, int] | None = None

    def heard(self, reading: Reading) -> None:
        """Take note of a reading that was a sign of life."""
        if self._rate_hz:
            # A microphone delivers blocks: what is regular is the block.
            self._period_s = reading.count / self._rate_hz
            return
        session, last_ns = self._last or (-1, 0)
        # What came together says nothing about the time between.
        if session == reading.session and reading.arrival_ns > last_ns:
            self._period_s = max((reading.arrival_ns - last_ns) / 1e9, FORGET * self._period_s)
        self._last = (reading.session, reading.arrival_ns)

    @property
    def stale_ns(self) -> int:
        """Silence after which the sensor is stale."""
        return round(max(STALE_PERIODS * self._period_s, STALE_S) * 1e9)

    @property
    def dead_ns(self) -> int:
        """Silence after which the sensor is dead."""
        return round(max(DEAD_PERIODS * self._period_s, DEAD_S) * 1e9)
