"""What bytes go over: something that can be plugged in, listened to and pulled out."""

from typing import Protocol


class Link(Protocol):
    """The device's end of a cable; never waits for the other end."""

    counters: dict[str, int]
    """What found no room, by reason."""

    def plug(self) -> None:
        """Be there, at once and under the same name as before."""
        ...

    def unplug(self) -> None:
        """Be gone: who listens meets an error; may be called twice."""
        ...

    @property
    def listeners(self) -> int:
        """How often somebody has begun to listen since it was made; looks whether somebody does now."""
        ...

    @property
    def heard(self) -> bool:
        """Whether somebody listens, as of the last look."""
        ...

    def send(self, chunk: bytes) -> None:
        """Send to whoever listens; what has no room is dropped and counted."""
        ...
