"""The faults of one sensor, applied where they act and while they are active."""

from collections.abc import Sequence
from math import prod

from sensors.readings import Reading, Samples
from sensors.simulated.faults.fault import Fault


class Injection:
    """Asks every active fault in turn; the same questions have the same answers."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        """Args: faults: In the order in which they act on what the one before them left."""
        self._faults = tuple(faults)

    def unplugged(self, now_ns: int) -> bool:
        """Whether the device is away."""
        return any(fault.unplugs for fault in self._active(now_ns))

    def hanging(self, now_ns: int) -> bool:
        """Whether the device says nothing."""
        return any(fault.hangs for fault in self._active(now_ns))

    def rate(self, now_ns: int) -> float:
        """Samples that the device makes for each that it should."""
        return prod(fault.rate for fault in self._active(now_ns))

    def lead_ns(self, now_ns: int) -> int:
        """How much earlier than it should the device makes a sample."""
        return sum(fault.lead_ns(now_ns) for fault in self._active(now_ns))

    def started_ns(self, since_ns: int, now_ns: int) -> int:
        """When the device was last started.

        Args:
            since_ns: When it was, at the latest.
            now_ns: What comes after it does not count yet.

        Returns:
            The latest reset or plugging in, `since_ns` if there was none.
        """
        starts = [since_ns]
        for fault in self._faults:
            if fault.resets:
                starts.append(fault.start_ns)
            if fault.unplugs and fault.duration_s < float("inf"):
                starts.append(fault.start_ns + round(fault.duration_s * 1e9))
        return max(start_ns for start_ns in starts if start_ns <= max(since_ns, now_ns))

    def measured(self, data: Samples, previous: Samples | None, now_ns: int) -> Samples:
        """What the device takes for its measurement; see `Fault.measured`."""
        for fault in self._active(now_ns):
            data = fault.measured(data, previous)
        return data

    def sent(self, chunk: bytes, index: int, now_ns: int) -> bytes:
        """What arrives of a chunk; see `Fault.sent`."""
        for fault in self._active(now_ns):
            chunk = fault.sent(chunk, index)
        return chunk

    def handed(self, reading: Reading, previous: Reading | None, index: int, now_ns: int) -> tuple[Reading, ...]:
        """What a driver makes of a reading; see `Fault.handed`."""
        found: tuple[Reading, ...] = (reading,)
        for fault in self._active(now_ns):
            found = tuple(bent for one in found for bent in fault.handed(one, previous, index))
        return found

    def _active(self, now_ns: int) -> tuple[Fault, ...]:
        return tuple(fault for fault in self._faults if fault.active(now_ns))
