"""Readings and triggers in, one snapshot per part out."""

from bisect import insort
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from qc_station.align.bounds import Bounds
from qc_station.align.inlet import Inlet, Late
from qc_station.align.ledger import StreamStats
from qc_station.align.plan import check, plan
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Reason, Snapshot
from qc_station.align.trigger import Trigger
from qc_station.align.waiting import Waiting
from qc_station.errors import ConfigError
from sensors.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignerStats:
    """Everything that is counted; triggers = emitted + repeated + refused + open, at every moment."""

    streams: dict[str, StreamStats]
    """The books of each stream, those that were removed included."""
    triggers: int
    """All that came."""
    emitted: int
    """Snapshots handed out."""
    repeated: int
    """Triggers for a part that was already open or emitted."""
    refused: int
    """Triggers that came while twice as many parts as allowed were open."""
    open: int
    """Parts that wait."""


class Aligner:
    """Cuts every part from every stream, exactly once, in the order of their times.

    Pure: it has no thread, no clock and no device, and what it answers depends only on the calls made. What `advance`
    has returned is the caller's: it is not given again, also where the caller then fails.
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
        self._inlets: dict[str, Inlet] = {}
        self._keep_ns: dict[str, int] = {}
        self._open: list[Waiting] = []
        self._due_ns: int | None = None
        self._done: set[str] = set()
        self._done_order: deque[str] = deque()
        self._held_back: dict[str, Inlet] = {}
        self._unheard: list[Inlet] = []
        self._late: deque[Late] = deque(maxlen=self._bounds.max_late)
        self._now_ns: int | None = None
        self._parts_from_ns: int | None = None
        self._triggers = self._emitted = self._repeated = self._refused = 0
        self._over = False
        self.reconfigure(rules, deadline_ns=deadline_ns)

    def reconfigure(self, rules: Mapping[str, StreamRule], *, deadline_ns: int) -> None:
        """Cut the parts that are triggered from now on by other rules; open parts keep theirs.

        Streams may come and go; the data and clock of those that stay are kept.

        Args:
            rules: How each stream is cut, by name.
            deadline_ns: How long after its time a part is emitted at the latest.

        Raises:
            ConfigError: as at the start, or a stream that stays is declared otherwise; nothing is changed then.
        """
        check(rules, deadline_ns)
        for name, rule in rules.items():
            inlet = self._inlets.get(name)
            if inlet and inlet.track.stream != rule.stream:
                raise ConfigError(
                    f"stream '{name}': {rule.stream} instead of {inlet.track.stream}; what a stream delivers cannot "
                    "change while the line runs; shut down and build a new aligner"
                )
        for name in rules.keys() - self._inlets.keys():
            self._inlets[name] = self._inlet(rules[name])
            self._unheard.append(self._inlets[name])
        self._plan = plan(rules, self._inlets, deadline_ns)
        self._leaving = self._inlets.keys() - rules.keys()
        for name, lane in self._plan.lanes.items():
            needed_ns = self._bounds.history_ns + lane.back_ns
            # Open parts of the plan before may look back farther than those to come.
            keep_ns = max(needed_ns, self._keep_ns.get(name, needed_ns)) if self._open else needed_ns
            self._keep_ns[name] = keep_ns
            lane.track.max_ns = max(self._bounds.max_ns, keep_ns + deadline_ns)

    def push(self, reading: Reading) -> None:
        """Take a reading of one of the streams; raises ConfigError for a stream that never had a rule."""
        name = reading.stream
        inlet = self._inlets.get(name)
        if inlet is None:
            raise ConfigError(f"reading of stream '{name}': no such stream; there are {sorted(self._plan.lanes)}")
        if self._over or name not in self._plan.lanes:
            inlet.track.refuse(reading, "shutdown" if self._over else "removed")
            return
        late = inlet.push(reading)
        if late:
            self._late.extend(late)
        if inlet.waiting:
            self._held_back[name] = inlet
        if self._parts_from_ns is not None:
            inlet.track.trim(self._parts_from_ns - self._keep_ns[name])

    def lost(self, stream: str, samples: int, reason: str) -> None:
        """Samples of one of the streams got lost on their way here: the books hold them as dropped, with the reason."""
        self._inlets[stream].track.lose(samples, reason)

    def trigger(self, part: str, time_ns: int) -> bool:
        """A part is in front of the sensors at a time.

        Returns:
            Whether a snapshot will follow; False, and counted, for a part that is open or was emitted already, and
            while twice as many parts are open as are allowed.

        Raises:
            RuntimeError: after `shutdown`.
        """
        if self._over:
            raise RuntimeError(f"part '{part}': the aligner is shut down; build a new one")
        self._triggers += 1
        if part in self._done or any(waiting.trigger.part == part for waiting in self._open):
            self._repeated += 1
            return False
        if len(self._open) >= 2 * self._bounds.max_open:
            self._refused += 1
            return False
        waiting = Waiting(Trigger(part=part, time_ns=time_ns), self._plan)
        insort(self._open, waiting, key=_time)
        self._due_ns = waiting.due_ns if self._due_ns is None else min(self._due_ns, waiting.due_ns)
        return True

    def due_ns(self) -> int | None:
        """When the next part must be emitted at the latest; None while no part is open."""
        return self._due_ns

    def wake_ns(self, before_ns: int) -> int | None:
        """When something happens though nothing more comes.

        A part is due, or all that it waits for is dead, or a reading has waited long enough for what it has overtaken.

        Whoever advances at each of these moments before it pushes what arrived later gets the same parts however much
        it pushes at once.

        Returns:
            The first such moment before a time; None where there is none.
        """
        first_ns = before_ns
        for inlet in self._held_back.values():
            first_ns = min(first_ns, inlet.release_ns() or first_ns)
        if self._due_ns is not None:
            first_ns = min(first_ns, self._due_ns)
            free_ns = self._open[0].free_ns(first_ns)
            first_ns = first_ns if free_ns is None else free_ns
        return first_ns if first_ns < before_ns else None

    def advance(self, now_ns: int) -> list[Snapshot]:
        """Emit every part that is settled or due, the oldest first.

        A part is never emitted before one with an earlier time: where it is due, so are they. Where cutting one raises,
        those before it are returned, and the error is raised by the next call: the part stays.

        Args:
            now_ns: The present; nothing is known to have arrived after it.

        Returns:
            In the order of the parts' times, often empty.
        """
        if self._unheard:
            self._begin_waiting(now_ns)
        if self._held_back:
            self._release(now_ns)
        snapshots: list[Snapshot] = []
        due = self._due(now_ns)
        while self._open and (due > 0 or len(self._open) > self._bounds.max_open or self._open[0].settled(now_ns)):
            due -= 1
            ended = Reason.OVERLOAD if len(self._open) > self._bounds.max_open else None
            try:
                snapshots.append(self._emit(now_ns, ended))
            except Exception:
                if not snapshots:
                    raise
                break
        if self._leaving and all(waiting.plan is self._plan for waiting in self._open):
            self._leave()
        self._now_ns = now_ns
        self._parts_from_ns = min(now_ns, self._open[0].time_ns) if self._open else now_ns
        return snapshots

    def late(self) -> list[Late]:
        """Take what came after a part had waited for it in vain, since this was last asked; the books count it all."""
        late = list(self._late)
        self._late.clear()
        return late

    def shutdown(self, now_ns: int | None = None) -> list[Snapshot]:
        """Emit every open part as it stands, let go of all data, and take no more.

        Args:
            now_ns: The present; None: the time of the last `advance`.
        """
        now_ns = now_ns if now_ns is not None else self._now_ns or 0
        for inlet in self._inlets.values():
            self._late.extend(inlet.flush())
        snapshots = [self._emit(now_ns, Reason.SHUTDOWN) for _ in range(len(self._open))]
        self._over = True
        for inlet in self._inlets.values():
            inlet.track.clear()
        return snapshots

    def stats(self) -> AlignerStats:
        """The books as they stand."""
        return AlignerStats(
            streams={name: inlet.stats() for name, inlet in self._inlets.items()},
            triggers=self._triggers,
            emitted=self._emitted,
            repeated=self._repeated,
            refused=self._refused,
            open=len(self._open),
        )

    def _begin_waiting(self, now_ns: int) -> None:
        """From now on streams that were added are waited for."""
        for inlet in self._unheard:
            inlet.track.since_ns = now_ns
        self._unheard.clear()

    def _release(self, now_ns: int) -> None:
        """Let pass what has waited long enough for what it has overtaken."""
        for name, inlet in list(self._held_back.items()):
            self._late.extend(inlet.release(now_ns))
            if not inlet.waiting:
                del self._held_back[name]

    def _leave(self) -> None:
        """Let go of the data of removed streams, which no open part needs any more."""
        for name in self._leaving:
            self._late.extend(self._inlets[name].flush())
            self._inlets[name].track.clear()
        self._leaving = set()

    def _due(self, now_ns: int) -> int:
        """How many parts, from the oldest on, have to go now: up to the last that is due."""
        if self._due_ns is None or now_ns < self._due_ns:
            return 0
        return max(number for number, waiting in enumerate(self._open, start=1) if waiting.due_ns <= now_ns)

    def _emit(self, now_ns: int, ended: Reason | None) -> Snapshot:
        """Close the oldest part."""
        waiting = self._open[0]
        snapshot = waiting.snapshot(now_ns, ended)
        # Only now: a fault in cutting must not lose the part.
        del self._open[0]
        self._due_ns = min((other.due_ns for other in self._open), default=None)
        self._emitted += 1
        self._done.add(waiting.trigger.part)
        self._done_order.append(waiting.trigger.part)
        if len(self._done_order) > self._bounds.remembered:
            self._done.discard(self._done_order.popleft())
        return snapshot

    def _inlet(self, rule: StreamRule) -> Inlet:
        bounds = self._bounds
        return Inlet(rule.stream, max_bytes=bounds.max_bytes, reorder_ns=bounds.reorder_ns)


def _time(waiting: Waiting) -> int:
    return waiting.trigger.time_ns
