"""What every policy answers."""

from typing import Protocol

from qc_station.align.cut import Cut
from qc_station.align.snapshot import Reason
from qc_station.align.track import Track


class Policy(Protocol):
    """Cuts a part's samples from a track.

    What a settled policy cuts must not change when more readings come, so that it does not matter when one asks.
    """

    @property
    def before_ns(self) -> int:
        """How far before the part's time it may look."""
        ...

    @property
    def after_ns(self) -> int:
        """How far after the part's time it may look."""
        ...

    def settled(self, track: Track, time_ns: int) -> bool:
        """Whether no reading to come can change what is cut for a part at this time."""
        ...

    def cut(self, track: Track, time_ns: int) -> Cut | Reason:
        """The samples for a part at this time, or why there are none; works settled or not."""
        ...
