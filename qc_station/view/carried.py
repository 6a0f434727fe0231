"""A stream whose sensor stands elsewhere on a belt with an encoder, cut by its own policy at its own moment."""

from dataclasses import dataclass

from qc_station.align.cut import Cut
from qc_station.align.policies.policy import Policy
from qc_station.align.snapshot import Reason
from qc_station.align.track import Track
from qc_station.view.belt import Encoder, Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Asks the encoder when the part stood at the sensor, and another policy what to cut there."""

    policy: Policy
    """What is cut at that moment."""
    encoder: Encoder
    """Of the belt; takes its counts while this one is asked."""
    position_mm: float
    """Where the sensor stands after the trigger; not 0."""
    offset_ns: int
    """Of the stream's rule: how late the sensor is, which the encoder is not asked about."""
    longest_ns: int
    """How long before or after the trigger a part is looked for."""

    @property
    def before_ns(self) -> int:
        """How far before the part's time it may look: a sensor before the trigger saw the part earlier."""
        return self.policy.before_ns + (self.longest_ns if self.position_mm < 0 else 0)

    @property
    def after_ns(self) -> int:
        """What it looks at on the fastest belt; on a slower one the part's deadline ends the waiting."""
        return self.policy.after_ns

    def settled(self, track: Track, time_ns: int) -> bool:
        """Whether the encoder has counted on to the sensor and the stream has delivered what is cut there."""
        there_ns = self.arrival_ns(time_ns)
        if there_ns is None:
            return False
        return isinstance(there_ns, Lost) or self.policy.settled(track, there_ns)

    def cut(self, track: Track, time_ns: int) -> Cut | Reason:
        """The samples at the moment when the part stood there; BELT where that is not known, or not yet."""
        there_ns = self.arrival_ns(time_ns)
        return self.policy.cut(track, there_ns) if isinstance(there_ns, int) else Reason.BELT

    def arrival_ns(self, time_ns: int) -> int | Lost | None:
        """When the sensor saw the part; its lateness included, as in the time that it is asked for."""
        trigger_ns = time_ns - self.offset_ns
        there_ns = self.encoder.arrival_ns(trigger_ns, self.position_mm)
        if not isinstance(there_ns, int):
            return there_ns
        return Lost.BEFORE if trigger_ns - there_ns > self.longest_ns else there_ns + self.offset_ns
