"""How fast a device really counts: over minutes to a few ppm, and over the last seconds to a per cent."""

from collections import deque

import numpy as np

from sensors.readings import Reading

WINDOW_NS = 2_000_000_000
"""Of each such window the reading that was delayed least is kept."""
WINDOWS = 60
"""Windows that are kept: two minutes."""
FEWEST = 5
"""With fewer windows nothing is said about drift."""
RECENT = 3
"""Windows that tell the rate of the last seconds; few, so that a rate that is right again is soon said to be."""


class Drift:
    """Rate of a sample counter against our clock, from the readings that a busy host delayed least."""

    def __init__(self, nominal_rate_hz: float | None) -> None:
        """Args: nominal_rate_hz: Declared samples a second; None: nothing is measured."""
        self._nominal_hz = nominal_rate_hz
        self._period_ns = 1e9 / nominal_rate_hz if nominal_rate_hz else None
        self._session = -1
        self._origin_ns = 0
        self._started_ns = 0
        self._least: tuple[float, float] | None = None
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOWS)
        self._recent: deque[tuple[float, float]] = deque(maxlen=RECENT)

    def heard(self, reading: Reading) -> bool:
        """Take a reading in; a new session starts anew, its counter has nothing to do with the last one's.

        Returns:
            Whether there is something new to be said, which is so every `WINDOW_NS`.
        """
        if self._period_ns is None:
            return False
        if fresh := reading.session != self._session:
            self._session, self._origin_ns, self._least = reading.session, reading.arrival_ns, None
            self._started_ns = reading.arrival_ns
            self._points.clear()
            self._recent.clear()
        counted_ns = (reading.seq + reading.count) * self._period_ns
        point = (counted_ns, (reading.arrival_ns - self._origin_ns) - counted_ns)
        if self._least is None or point[1] < self._least[1]:
            self._least = point
        if reading.arrival_ns - self._started_ns >= WINDOW_NS:
            self._points.append(self._least)
            self._recent.append(self._least)
            self._least, self._started_ns = None, reading.arrival_ns
            return True
        return fresh

    def interrupted(self) -> None:
        """The device was silent: what it did not count meanwhile says nothing about its rate."""
        self._recent.clear()
        self._least = None

    @property
    def rate_hz(self) -> float | None:
        """Samples a second over the last seconds; None before it can be said."""
        if self._nominal_hz is None or len(self._recent) < RECENT:
            return None
        (counted, late), (first_counted, first_late) = self._recent[-1], self._recent[0]
        took_ns = (counted + late) - (first_counted + first_late)
        return self._nominal_hz * (counted - first_counted) / took_ns if took_ns > 0 else None

    @property
    def ppm(self) -> float | None:
        """How much faster than declared the device counts, in parts per million; None before it can be said."""
        if len(self._points) < FEWEST:
            return None
        counted, late = np.array(self._points).T
        slope = float(np.polyfit(counted - counted.mean(), late, 1)[0])
        return (1.0 / (1.0 + slope) - 1.0) * 1e6
