"""The contract of every driver: open, read, close."""

from typing import Protocol

from sensors.readings import Reading
from sensors.streams import Stream


class Driver(Protocol):
    """One device that delivers one stream.

    Constructing touches no device. Sessions count the openings of this driver from 0, and `seq` begins at 0 in each.
    A driver stamps a reading at the earliest point that it controls, never invents a time from an index, and raises
    `SensorError` only: what a library throws is mapped in the one file that imports it.

    Three public attributes are looked at where a driver has them: `counters: dict[str, int]`, what it counts itself
    (malformed bytes, overflows); `open_wait_s: float`, how long opening may take where 20 s are not right; `plays: bool`,
    true of what plays a recording, which is silent where the recording is and is not opened anew for that.
    """

    @property
    def stream(self) -> Stream:
        """What this device delivers; constant after `open`."""
        ...

    def open(self) -> None:
        """Connect. Raises `SensorNotFoundError` saying what was looked for and what was found instead."""
        ...

    def read(self) -> Reading | None:
        """The next reading, or None when nothing came within the driver's own short wait.

        Raises:
            SensorReadError: the device failed; the caller closes and opens again.
            EOFError: a recording or simulation has ended.
        """
        ...

    def close(self) -> None:
        """Release the device; may be called twice."""
        ...
