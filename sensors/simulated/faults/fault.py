"""The contract of every fault: what it does, and where."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from sensors.readings import Reading, Samples
from sensors.simulated.faults.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Does nothing; subclasses say what they do otherwise.

    A further field is a parameter that a person may set; a subclass refuses what it cannot be, by ValueError.
    """

    start_ns: int
    """When it begins, on the clock of whoever applies it."""
    duration_s: float
    """How long it lasts; `float("inf")` for ever."""

    unplugs: ClassVar[bool] = False
    """Whether the device is away."""
    hangs: ClassVar[bool] = False
    """Whether the device is there and says nothing, or its driver does not come back."""
    resets: ClassVar[bool] = False
    """Whether the device's clock begins anew when the fault begins."""

    def fitted(self, place: Place) -> Self:  # noqa: ARG002
        """As it acts on a sensor, with what it has to know of it.

        Raises:
            ValueError: it would do nothing there, or nothing that happens; says why.
        """
        return self

    def active(self, now_ns: int) -> bool:
        """Whether it acts at this moment; its start belongs to it, its end does not."""
        return 0 <= now_ns - self.start_ns < self.duration_s * 1e9

    @property
    def rate(self) -> float:
        """Samples that the device makes for each that it should."""
        return 1.0

    def lead_ns(self, now_ns: int) -> int:  # noqa: ARG002
        """How much earlier than it should the device makes a sample at this moment."""
        return 0

    def measured(self, data: Samples, previous: Samples | None) -> Samples:  # noqa: ARG002
        """What the device takes for its measurement.

        Args:
            data: What it should measure, shape (samples, ...); not written to.
            previous: What it measured before; None at the first time.

        Returns:
            An array of the same shape and dtype.
        """
        return data

    def sent(self, chunk: bytes, index: int) -> bytes:  # noqa: ARG002
        """What arrives of a line or frame.

        Args:
            chunk: What the device sent, a whole line or frame.
            index: Of the chunk since the device was plugged in; makes chance repeatable.
        """
        return chunk

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """What a driver makes of a reading: mostly one, none where it is lost, two where it comes twice.

        Args:
            reading: What the driver should hand over.
            previous: What it handed over before; None at the first time in a session.
            index: Of the reading since the driver was opened.
        """
        data = self.measured(reading.data, None if previous is None else previous.data)
        return (reading if data is reading.data else replace(reading, data=data),)
