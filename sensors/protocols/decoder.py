"""The contract of every protocol: feed bytes, get samples."""

from dataclasses import dataclass
from typing import Protocol

from sensors.readings import Quality, Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """One sample that became whole."""

    data: Samples
    """Shape (1, *Decoder.shape), float32, finite."""
    quality: Quality = Quality.OK
    """What the wire tells about it; GAP_BEFORE where something malformed stood before it."""
    device_ns: int | None = None
    """The device's own time, unwrapped; None where the wire carries none."""
    restarted: bool = False
    """The device's clock went back: it was reset, and its times before and after cannot be compared."""


class Decoder(Protocol):
    """Turns the bytes of one wire into samples; never raises for any bytes, and holds a bounded number of them."""

    counters: dict[str, int]
    """What could not be read, by reason."""

    @property
    def kind(self) -> str:
        """The kind of its stream: image or series."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        ...

    @property
    def units(self) -> tuple[str, ...]:
        """One UCUM unit per channel; one for a whole image."""
        ...

    @property
    def ready(self) -> bool:
        """Whether the shape is known; False only while a header that declares it has not come."""
        ...

    @property
    def greeting(self) -> bytes:
        """What to send to the device after opening so that it talks; mostly nothing."""
        ...

    def feed(self, data: bytes) -> list[Decoded]:
        """Take bytes as they arrived, of any number.

        Args:
            data: The bytes that follow those of the previous call.

        Returns:
            The samples that these bytes made whole, in order; often none.
        """
        ...

    def reset(self) -> None:
        """Forget half-received samples because the wire was cut; counters go on."""
        ...
