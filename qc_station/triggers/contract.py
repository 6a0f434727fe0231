"""The contract of everything that triggers: start, look, stop."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, runtime_checkable

from qc_station.align.trigger import Trigger
from sensors.readings import Reading

Receipt = Future[None]
"""Is done once a trigger is on the disk; raises StoreError with the reason where it is not."""
Deliver = Callable[[Trigger], Receipt | None]
"""Takes a trigger, in whichever thread noticed it; it has to be quick and must not raise.

It may give a receipt, for sources that answer; None where nothing is written.
"""


class TriggerSource(Protocol):
    """One thing that knows when a part is in front of the sensors.

    Constructing touches nothing. A source stamps at the earliest point that it controls, names every part, by its own
    identity where it has one, and delivers one trigger at a time, none before `start` and none after `stop`.
    """

    @property
    def counters(self) -> dict[str, int]:
        """What has happened since the source was made: `triggers`, and what was refused, by reason."""
        ...

    @property
    def why(self) -> str:
        """What keeps it from triggering at this moment, for a person; empty where nothing does."""
        ...

    def start(self, deliver: Deliver) -> None:
        """Trigger from now on.

        Raises:
            SensorError: what was looked for is not there; the message says what was found instead.
        """
        ...

    def look(self, now_ns: int) -> None:
        """Deliver what is due at this CLOCK_MONOTONIC; to be called a few times a second, exact however seldom."""
        ...

    def stop(self) -> None:
        """Release everything; may be called twice."""
        ...


@runtime_checkable
class Listener(Protocol):
    """A source that triggers by what a sensor delivers."""

    def hear(self, reading: Reading) -> None:
        """Look at a reading, in the thread of its sensor; those of other streams are passed over."""
        ...
