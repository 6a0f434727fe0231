"""When a counted sample was taken, from the times at which blocks of samples arrived."""

from collections import deque

from qc_station.align.rate import SECOND_NS, Rate
from sensors.readings import Reading

WINDOW_NS = 10 * SECOND_NS
"""How far back a reading still tells about the clock."""
DRIFT_PPM = 100
"""What the crystal of an ordinary device may be off; within the window it moves the answer by no more than this."""


class SampleClock:
    """Places sample 0 of a session on CLOCK_MONOTONIC.

    A reading arrives when its last sample is taken or later, never earlier, so the smallest residual
    `arrival - index / rate` is the one that the host delayed least; taken over a sliding window it follows the device's
    drift. The device's own constant latency cannot be seen from here: `offset_ms` of the stream takes it out.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate, self._session = rate, 0
        self._residuals: deque[tuple[int, int]] = deque()

    @property
    def uncertainty_ns(self) -> int:
        """How far `origin_ns` may be off by drift alone."""
        return WINDOW_NS * DRIFT_PPM // 1_000_000

    def origin_ns(self, reading: Reading) -> int:
        """Take a reading into account and say when sample 0 of its session was taken."""
        if reading.session != self._session:
            self._session = reading.session
            self._residuals.clear()
        residual_ns = reading.arrival_ns - self._rate.span_ns(reading.seq + reading.count - 1)
        self._remember(reading.arrival_ns, residual_ns)
        return self._residuals[0][1]

    def _remember(self, arrival_ns: int, residual_ns: int) -> None:
        """Keep only residuals that are or may become the smallest of the window: rising from the front, O(1)."""
        while self._residuals and self._residuals[-1][1] >= residual_ns:
            self._residuals.pop()
        self._residuals.append((arrival_ns, residual_ns))
        while self._residuals[0][0] < arrival_ns - WINDOW_NS:
            self._residuals.popleft()
