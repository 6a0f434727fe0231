"""The live line: sensors, triggers, aligner, runtime and store in one process."""

import fcntl
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.runtime import Runtime
from qc_station.align.snapshot import Snapshot
from qc_station.align.trigger import Trigger
from qc_station.config.drivers import driver_builds
from qc_station.config.station import StationConfig
from qc_station.config.triggers import trigger_source
from qc_station.drift.watch import DriftWatch
from qc_station.errors import ConfigError
from qc_station.line.aligning import MIB, aligner_of
from qc_station.line.inspection import Inspected, Inspector
from qc_station.line.keeping import Keeper
from qc_station.line.shell import LiveShell
from qc_station.line.shift import Groups
from qc_station.line.succession import Succession
from qc_station.line.wall_clock import WallClock
from qc_station.store import Store
from qc_station.triggers.contract import Receipt, TriggerSource
from qc_station.triggers.sources import TriggerSources
from qc_station.view.placement import Placement
from sensors.errors import QCError
from sensors.readings import Reading
from sensors.supervision.declared import Declared
from sensors.supervision.station import StartupError, Supervision

LOCK = "run.lock"
LOOK_NS = 250_000_000
"""Sensors are looked after so often; triggers with every step."""
REMEMBERED = 500
"""Parts over which latency is shown."""


class LiveLine:
    """Everything between a trigger and a verdict on disk; `with` starts and stops it."""

    def __init__(
        self,
        folder: Path,
        config: StationConfig,
        runtime: Runtime | None,
        *,
        extra: dict[str, TriggerSource] | None = None,
        succession: Succession | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        """Nothing is opened yet.

        Args:
            folder: Of the station.
            config: Of the station.
            runtime: The verified bundle; None records every part and sends it to review.
            extra: Triggers beside that of the station's table.
            succession: What names another bundle while the line runs; None keeps the one that it was started with.
            clock: CLOCK_MONOTONIC in ns.
            wall: Nanoseconds since 1970 in UTC; only watched.

        Raises:
            ConfigError: no driver for a stream, no trigger at all, or a window that ends after the deadline.
        """
        self._folder, self._config, self._runtime, self._clock = folder, config, runtime, clock
        origin_ns = clock()
        self.triggers = _triggers(config, folder, origin_ns, extra or {})
        self.shell = self._shell_of(config)
        self.wall = WallClock(clock=clock, wall=wall)
        builds = driver_builds(config, folder, origin_ns)
        self.supervision = Supervision(builds, self._hear, declared=_declared(config, runtime), clock=clock)
        self.succession = succession
        self.taken_over: list[str] = []
        """Digests of the bundles that took over while the line ran, in order."""
        self.drift_alarms: list[str] = []
        """What was said of drift while the line ran, in order."""
        self.failures: deque[str] = deque(maxlen=REMEMBERED)
        """The last parts whose inspection failed, with the error; all are counted as UNDECIDED."""
        self.counts: Counter[str] = Counter()
        self.recent: deque[Inspected] = deque(maxlen=REMEMBERED)
        self._stack, self._looked_ns = ExitStack(), 0
        self._groups = Groups(f"live-{datetime.now(UTC):%Y%m%dT%H%M%S}")

    def __enter__(self) -> Self:
        """Lock the station, open the store, start sensors and triggers.

        Raises:
            QCError: the station runs already.
            StartupError: naming every sensor that did not start.
            StoreError: the store cannot be opened.
        """
        with ExitStack() as stack:
            stack.enter_context(_locked(self._folder))
            self._store = stack.enter_context(Store.open(self._folder))
            self._inspector = Inspector(self._store, self._config, self._runtime, clock=self._clock)
            self._keeper = Keeper(self._store, self._config.inspecting)
            self.shell.counters.not_accepted = self._inspector.not_accepted
            self.shell.counters.not_kept = self._keeper.lost
            self.drift = DriftWatch(self._folder, self._store, self._runtime.bundle if self._runtime else None)
            stack.enter_context(self.supervision)
            if faults := self.supervision.start():
                raise StartupError(faults)
            stack.enter_context(self.triggers)
            self.triggers.start(self._take)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def interrupted(self) -> list[str]:
        """Parts that the run before had accepted and not decided."""
        return self._inspector.interrupted

    @property
    def ended(self) -> bool:
        """Whether every sensor was a recording or simulation that is over."""
        return self.supervision.ended

    def step(self) -> list[Inspected]:
        """Wait a moment at most, look after sensors and triggers, and decide about the parts that are whole or due."""
        now_ns = self._clock()
        self.triggers.look(now_ns)
        if now_ns - self._looked_ns >= LOOK_NS:
            self._looked_ns = now_ns
            self.supervision.look()
            self.wall.look()
            self._follow(now_ns)
        found = self._decide(self.shell.snapshots())
        self.drift_alarms += self.drift.look(now_ns)
        return found

    def finish(self) -> list[Inspected]:
        """Take no more triggers and decide about every part that is still open."""
        self.triggers.stop()
        found = self._decide(self.shell.shutdown())
        self.drift_alarms += self.drift.advance()
        self.drift.save()
        return found

    def _shell_of(self, config: StationConfig) -> LiveShell:
        placement = Placement(config)
        return LiveShell(
            aligner_of(config, placement),
            placement,
            accept=self._accept,
            turn_away=self._turn_away,
            max_bytes=round(config.buffers.inbox_mib * MIB),
            clock=self._clock,
        )

    def _follow(self, now_ns: int) -> None:
        """Let a new champion take over, between two parts."""
        if self.succession is None:
            return
        self.succession.look(now_ns)
        if (runtime := self.succession.take(self._inspector.swap)) is not None:
            self.taken_over.append(runtime.manifest.digest)

    def _decide(self, snapshots: list[Snapshot]) -> list[Inspected]:
        """Decide about every part, whatever goes wrong with one of them; errors that leave a part without a row are raised."""
        errors: list[Exception] = []
        # First every verdict, then the files: a part must not wait for the windows of the one before.
        decided = [(snapshot, self._inspected(snapshot, errors)) for snapshot in snapshots]
        found = [(snapshot, one) for snapshot, one in decided if one is not None]
        for snapshot, one in found:
            self.counts[one.verdict] += 1
            self.recent.append(one)
            self._keeper.keep(snapshot, one.verdict, self._groups.of(snapshot))
        if errors:
            raise errors[0]
        return [one for _, one in found]

    def _inspected(self, snapshot: Snapshot, errors: list[Exception]) -> Inspected | None:
        """Decide about a part; one that cannot be gets a row that says why, and the line goes on."""
        try:
            return self._inspector.inspect(snapshot)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            self.counts["UNDECIDED"] += 1
            self.failures.append(f"part {snapshot.part}: {why}; it is left undecided")
        try:
            self._store.leave_undecided(snapshot.part, why)
        except Exception as error:  # a disk that takes no row: the others are to be tried before the line ends
            errors.append(error)
        return None

    def _take(self, trigger: Trigger) -> Receipt:
        """Begin to write a trigger down at once, in the thread of its source, which may wait for the receipt."""
        noted = self._inspector.note(trigger)
        self.shell.trigger(noted)
        return noted.receipt

    def _accept(self, trigger: Trigger) -> bool:
        return self._inspector.accept(trigger)

    def _turn_away(self, trigger: Trigger) -> None:
        self._inspector.turn_away(trigger)

    def _hear(self, reading: Reading) -> None:
        self.shell.hear(reading)
        self.triggers.hear(reading)


def _declared(config: StationConfig, runtime: Runtime | None) -> dict[str, Declared]:
    """What the sensors have to deliver; of what the station leaves open the bundle can take one sample type only."""
    known = {} if runtime is None else {name: one.dtype for name, one in runtime.manifest.streams.items()}
    declared = {name: stream.declared(name) for name, stream in config.streams.items()}
    return {name: replace(one, dtype=one.dtype or known.get(name)) for name, one in declared.items()}


def _triggers(config: StationConfig, folder: Path, origin_ns: int, extra: dict[str, TriggerSource]) -> TriggerSources:
    """The trigger of the station's table, and those beside it."""
    own = trigger_source(config, folder, origin_ns)
    sources = ({} if own is None else {str((config.trigger or {})["type"]): own}) | extra
    if not sources:
        raise ConfigError(f"{folder}: no table [trigger]; it says when a part is in front of the sensors")
    return TriggerSources(sources)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One line per station; the kernel lets go of the lock of a process that was killed."""
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise QCError(f"{folder}: this station runs already; stop it first") from error
        yield
