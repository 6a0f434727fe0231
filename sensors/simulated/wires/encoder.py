"""How a device puts samples into bytes."""

from typing import Protocol

from sensors.readings import Samples


class Encoder(Protocol):
    """One wire format, as the device speaks it."""

    @property
    def header(self) -> bytes:
        """What stands before the first sample whenever somebody begins to listen; mostly nothing."""
        ...

    def chunks(self, data: Samples, device_ns: int) -> list[bytes]:
        """The lines or frames of some samples.

        Args:
            data: Shape (samples, ...).
            device_ns: The device's own time of the last one, nanoseconds since it was started.

        Returns:
            One for each line or frame, whole.
        """
        ...
