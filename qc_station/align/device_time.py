"""A device's own time, counted on over wraps, and where it began anew."""

from qc_station.align.counter import Counter
from qc_station.align.rate import SECOND_NS

WRAPS_NS = (2**16 * 1_000_000, 2**32, 2**32 * 1000, 2**32 * 1_000_000)
"""16 bits of milliseconds; 32 bits of nanoseconds, microseconds and milliseconds: after 65.5 s, 4.3 s, 71.6 min and 49.7
days. Rising order is of no account, since a device that has been above a modulus does not wrap there."""
SLACK_NS = SECOND_NS // 2
"""How differently host and device may see the time between two readings at a wrap."""
LEAP_NS = 10 * SECOND_NS
"""A device time that runs ahead of the host's by more than this between two readings was set by somebody."""
NUDGE_NS = SECOND_NS
"""A device time that goes back by no more than this is jitter or a small correction; more is a device begun anew."""


class DeviceTime:
    """Follows the time of one device in one session."""

    def __init__(self) -> None:
        """Start before the first reading."""
        self.restart()

    def restart(self) -> None:
        """Another session: its time has nothing to do with the one before."""
        self._counter = Counter(WRAPS_NS, slack=SLACK_NS)
        self._newest: tuple[int, int] | None = None

    def unwrap(self, device_ns: int, arrival_ns: int) -> tuple[int, bool]:
        """Carry a device time on.

        Args:
            device_ns: As the device says it.
            arrival_ns: When its reading was in our hands.

        Returns:
            The time, and whether it began anew: the device was reset, or its clock was set.
        """
        if self._newest is None:
            self._newest = device_ns, arrival_ns
            return device_ns, False
        newest_ns, newest_arrival_ns = self._newest
        elapsed_ns = arrival_ns - newest_arrival_ns
        time_ns = self._counter.unwrap(device_ns, newest_ns, elapsed_ns)
        if time_ns < newest_ns - NUDGE_NS or time_ns - newest_ns > elapsed_ns + LEAP_NS:
            self.restart()
            self._newest = device_ns, arrival_ns
            return device_ns, True
        if time_ns >= newest_ns:
            self._newest = time_ns, arrival_ns
        return time_ns, False
