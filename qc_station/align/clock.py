"""When a sample was taken, from what the device counted and when it arrived."""

from collections import deque

from qc_station.align.fit import Line, trimmed
from qc_station.align.rate import SECOND_NS

WINDOW_NS = 2 * SECOND_NS
"""Of the readings that arrive within this time, the least delayed one counts."""
SPAN_NS = 120 * SECOND_NS
"""How far back a window still tells about the clock."""
LEAST_WINDOWS = 10
"""So many windows are kept however old they are, and fewer than this do not move a slope that is known."""
FIRST_WINDOWS = 3
"""With fewer there is no line."""
PLAUSIBLE = 0.1
"""No device counts wrong by a larger share. While there is no line to be off, a window farther from the one before than this
share of the time between them is a step; a small step cannot be told from a rate there, and costs what it does later."""
STEP_WINDOWS = 3
"""So many windows in a row that are off mean that the clock has stepped."""
STEP_NS = 3_000_000
"""The least that a window has to be off."""
STEP_MADS = 6.0
"""A window also has to be off by so many median absolute distances from the line."""
SAME_RATE_NS = 1_000_000
"""After a step the windows may scatter by this much about the slope from before; if they do more, the rate changed."""
START_UNCERTAINTY_NS = 10_000_000
"""What a reading may be delayed by while there is no line to tell."""
LEAST_UNCERTAINTY_NS = 100_000
"""Even a quiet host is not known better than this."""
SIGMAS = 3 * 1.4826
"""Median absolute distances in three standard deviations."""


class Clock:
    """Carries device time over to CLOCK_MONOTONIC.

    A reading arrives when its last sample is taken or later, never earlier, so of `arrival - device time` the smallest
    is the one that the host delayed least. A trimmed line through the smallest of every window follows the offset and
    drift of the device and is not moved by a busy host. When samples are lost uncounted, or somebody sets the device's
    clock, the windows leave the line; when the last three are all off, the clock starts again with them. Before there is
    a line it starts again with the first window that no rate explains, since a line laid through a step would take
    longer to leave than to find. What is constant in the device's latency cannot be seen from here: `offset_ms` of the
    stream takes it out.
    """

    def __init__(self) -> None:
        """Start without knowing anything."""
        self.breaks = 0
        """Steps seen."""
        self.restart()

    def restart(self) -> None:
        """Forget the device: another session, or a device time that began anew."""
        # A point is (device time, arrival less device time), and a window's own is its least delayed reading.
        self._points: deque[tuple[int, int]] = deque()
        self._off: list[tuple[int, int]] = []
        self._line: Line | None = None
        self._slope: float | None = None
        self._begin_ns: int | None = None
        self._least: tuple[int, int] = (0, 0)
        self.uncertainty_ns = START_UNCERTAINTY_NS

    @property
    def drift_ppm(self) -> float | None:
        """How much faster than its declared rate the device counts; None while that is not known."""
        # The slope is time lost for each of the device's seconds; its rate is the inverse of what those take.
        return (1.0 / (1.0 + self._line.slope) - 1.0) * 1e6 if self._line else None

    def stamp(self, device_ns: int, arrival_ns: int) -> int:
        """When a reading's last sample was taken.

        Args:
            device_ns: The device's time of that sample, from any origin.
            arrival_ns: When it was in our hands.

        Returns:
            CLOCK_MONOTONIC in ns, never after its arrival.
        """
        residual_ns = arrival_ns - device_ns
        if self._begin_ns is None or arrival_ns - self._begin_ns >= WINDOW_NS:
            if self._begin_ns is not None:
                self._close()
            self._begin_ns, self._least = arrival_ns, (device_ns, residual_ns)
        elif residual_ns < self._least[1]:
            self._least = device_ns, residual_ns
        expected_ns = self._line.at(device_ns) if self._line else self._floor()
        return device_ns + min(expected_ns, residual_ns)

    def _floor(self) -> int:
        """The smallest residual of this window and the one before, while there is no line."""
        return min(self._least[1], self._points[-1][1]) if self._points else self._least[1]

    def _close(self) -> None:
        """A window is over: it moves the line, or is off it."""
        if self._line and abs(self._least[1] - self._line.at(self._least[0])) > self._limit(self._line):
            self._off.append(self._least)
            if len(self._off) < STEP_WINDOWS:
                # Nobody knows yet whether the host or the clock is to blame.
                self.uncertainty_ns = max(self.uncertainty_ns, abs(self._least[1] - self._line.at(self._least[0])))
                return
            self._step(self._line.slope)
        else:
            if self._leapt():
                self.breaks += 1
                self._points.clear()
            self._off.clear()
            self._points.append(self._least)
        while len(self._points) > LEAST_WINDOWS and self._points[0][0] < self._points[-1][0] - SPAN_NS:
            self._points.popleft()
        self._lay()

    def _leapt(self) -> bool:
        """Whether, while there is no line, no rate leads from the window before to this one."""
        if self._line or not self._points:
            return False
        (device_ns, residual_ns), (before_ns, earlier_ns) = self._least, self._points[-1]
        span_ns = device_ns + residual_ns - before_ns - earlier_ns
        return abs(residual_ns - earlier_ns) > PLAUSIBLE * max(WINDOW_NS, span_ns)

    def _limit(self, line: Line) -> float:
        return max(STEP_NS, STEP_MADS * line.mad_ns)

    def _step(self, slope: float) -> None:
        """Start again from the windows that are off; a crystal keeps its rate when samples are lost."""
        self.breaks += 1
        self._points, self._off = deque(self._off), []
        kept = trimmed(self._points, slope)
        self._slope = slope if max(abs(y - kept.at(x)) for x, y in self._points) <= SAME_RATE_NS else None

    def _lay(self) -> None:
        """Lay the line through what is known now."""
        if len(self._points) < FIRST_WINDOWS:
            return
        if len(self._points) >= LEAST_WINDOWS:
            self._slope = None
        self._line = trimmed(self._points, self._slope)
        self.uncertainty_ns = max(LEAST_UNCERTAINTY_NS, round(SIGMAS * self._line.mad_ns))
