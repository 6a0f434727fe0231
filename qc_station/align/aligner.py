"""Readings and triggers in, one snapshot per part out."""

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass

from qc_station.align.lane import Lane
from qc_station.align.ledger import StreamStats
from qc_station.align.rate import SECOND_NS
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Reason, Snapshot
from qc_station.align.trigger import Trigger
from qc_station.errors import ConfigError
from sensors.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the aligner may hold."""

    max_bytes: int = 64 * 1024 * 1024
    """Of one stream's readings; the oldest go first and are counted as overflow."""
    history_ns: int = 5 * SECOND_NS
    """How late a trigger may come and still find its data."""
    max_open: int = 64
    """Parts that wait; with one more, the oldest is emitted as it stands with `Reason.OVERLOAD`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignerStats:
    """Everything that is counted; triggers = emitted + repeated + open."""

    streams: dict[str, StreamStats]
    """The books of each stream."""
    triggers: int
    """All that came."""
    emitted: int
    """Snapshots handed out."""
    repeated: int
    """Triggers for a part that was already open."""
    open: int
    """Parts that wait."""


class Aligner:
    """Cuts every part from every stream, exactly once, in the order of their times.

    Pure: it has no thread, no clock and no device, and what it answers depends only on the calls made.
    """

    def __init__(self, rules: Mapping[str, StreamRule], *, deadline_ns: int, bounds: Bounds | None = None) -> None:
        """Start empty.

        Args:
            rules: How each stream is cut, by name; see `rules_from`.
            deadline_ns: How long after its time a part is emitted at the latest.
            bounds: What may be held.

        Raises:
            ConfigError: a required stream whose window ends after the deadline, so that no part could ever be whole.
        """
        self._bounds = bounds or Bounds()
        self._lanes = {
            name: Lane(rule, max_bytes=self._bounds.max_bytes, history_ns=self._bounds.history_ns)
            for name, rule in rules.items()
        }
        self._deadline_ns = deadline_ns
        self._open: list[Trigger] = []
        self._now_ns: int | None = None
        self._parts_from_ns: int | None = None
        self._triggers = self._emitted = self._repeated = 0
        self._over = False
        for name, lane in self._lanes.items():
            _check_reach(name, lane, deadline_ns)

    def push(self, reading: Reading) -> None:
        """Take a reading of one of the streams; raises ConfigError for a stream that has no rule."""
        lane = self._lanes.get(reading.stream)
        if lane is None:
            raise ConfigError(f"reading of stream '{reading.stream}': no such stream; there are {sorted(self._lanes)}")
        if self._over:
            lane.track.refuse(reading, "shutdown")
        else:
            lane.push(reading, self._parts_from_ns)

    def trigger(self, part: str, time_ns: int) -> bool:
        """A part is in front of the sensors at a time.

        Returns:
            Whether a snapshot will follow; False, and counted, for a part that is already open.

        Raises:
            RuntimeError: after `shutdown`.
        """
        if self._over:
            raise RuntimeError(f"part '{part}': the aligner is shut down; build a new one")
        self._triggers += 1
        if any(trigger.part == part for trigger in self._open):
            self._repeated += 1
            return False
        insort(self._open, Trigger(part=part, time_ns=time_ns), key=_time)
        return True

    def due_ns(self) -> int | None:
        """When the next part must be emitted at the latest; None while no part is open."""
        return self._open[0].time_ns + self._deadline_ns if self._open else None

    def advance(self, now_ns: int) -> list[Snapshot]:
        """Emit every part that is settled or due, the oldest first.

        Args:
            now_ns: The present; nothing is known to have arrived after it.

        Returns:
            In the order of the parts' times, often empty.
        """
        snapshots = []
        while self._open and self._ready(self._open[0], now_ns):
            ended = Reason.OVERLOAD if len(self._open) > self._bounds.max_open else None
            snapshots.append(self._emit(self._open.pop(0), now_ns, ended))
        self._now_ns = now_ns
        self._parts_from_ns = min(now_ns, self._open[0].time_ns) if self._open else now_ns
        return snapshots

    def shutdown(self, now_ns: int | None = None) -> list[Snapshot]:
        """Emit every open part as it stands, let go of all data, and take no more.

        Args:
            now_ns: The present; None: the time of the last `advance`.
        """
        now_ns = now_ns if now_ns is not None else self._now_ns or 0
        snapshots = [self._emit(trigger, now_ns, Reason.SHUTDOWN) for trigger in self._open]
        self._open.clear()
        self._over = True
        for lane in self._lanes.values():
            lane.track.clear()
        return snapshots

    def stats(self) -> AlignerStats:
        """The books as they stand."""
        return AlignerStats(
            streams={name: lane.track.stats() for name, lane in self._lanes.items()},
            triggers=self._triggers,
            emitted=self._emitted,
            repeated=self._repeated,
            open=len(self._open),
        )

    def _ready(self, trigger: Trigger, now_ns: int) -> bool:
        if len(self._open) > self._bounds.max_open or now_ns >= trigger.time_ns + self._deadline_ns:
            return True
        return not any(lane.rule.required and lane.waits(trigger.time_ns, now_ns) for lane in self._lanes.values())

    def _emit(self, trigger: Trigger, now_ns: int, ended: Reason | None) -> Snapshot:
        cuts = {name: lane.window(trigger.time_ns, now_ns, ended) for name, lane in self._lanes.items()}
        self._emitted += 1
        return Snapshot(
            part=trigger.part,
            time_ns=trigger.time_ns,
            windows={name: window for name, (window, _) in cuts.items() if window is not None},
            reasons={name: reason for name, (_, reason) in cuts.items()},
        )


def _check_reach(name: str, lane: Lane, deadline_ns: int) -> None:
    if lane.rule.required and lane.reach_ns > deadline_ns:
        raise ConfigError(
            f"stream '{name}': its window ends {lane.reach_ns / 1e6:g} ms after a trigger, later than the deadline of "
            f"{deadline_ns / 1e6:g} ms; raise deadline_ms, or lower the window or offset_ms"
        )


def _time(trigger: Trigger) -> int:
    return trigger.time_ns
