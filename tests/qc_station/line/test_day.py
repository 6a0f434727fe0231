"""A day of a station in simulated time, from the sensors to the verdicts on disk, with every sensor unplugged every hour.

The thermal module is read by the real driver over a real pseudo-terminal, the microphone and the camera by the real drivers
from a sound card and a capture that the test plays; the gas array is a script, for there is no time for 864 000 lines. Every
part is aligned, scored by onnxruntime and decided in a real store. Nothing waits but for the thread of the capture.
"""

import gc
import logging
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.runtime import Runtime
from qc_station.align.aligner import Aligner
from qc_station.align.bounds import Bounds
from qc_station.align.snapshot import Reason
from qc_station.align.trigger import Trigger
from qc_station.config.station import StationConfig
from qc_station.line.inspection import Inspector
from qc_station.store import Store
from qc_station.view.placement import Placement
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.supervision.attendant import Attendant
from sensors.supervision.backoff import Backoff
from sensors.supervision.health import Health
from tests.constant_bundle import constant_bundle
from tests.fuzz.recordings import MEMORY
from tests.qc_station.line.day_devices import LOOK_S, STREAMS, Device, Gas, Heat, Look, Sound
from tests.sensors.supervision.scripted import Clock, S

HOURS, HOUR_S = 24, 3600
SETTLED_HOUR = 2
"""What is held after this hour is what may be held after the last one."""
UNPLUGGED_S = 20.0
BACK_WITHIN_S = 10.0
PART_EVERY_S = 10
BUDGET_BYTES, ROTATE_BYTES = 48 * 1024**2, 16 * 1024**2
GROWTH_BYTES = 8 * 1024**2
"""Of resident memory over the day; what the allocator keeps differs from hour to hour by some of that."""
GROWTH_BLOCKS = 2000
"""Of Python's small objects over the day: one kept of every 450 readings would be seen."""
DEADLINE_S, DECIDED_AFTER_S = 8.0, 7.96
"""What the deadline keeps for the decision has begun when a part is decided: by then nothing more is waited for."""
CONFIG = StationConfig(name="day", streams=STREAMS, ok_classes=("ok",), deadline_ms=1000.0 * DEADLINE_S)


class Station:
    """Everything between the devices and the parts, moved on by the clock of the test."""

    def __init__(self, clock: Clock, devices: dict[str, Device], folder: Path, store: Store, bundle: Path) -> None:
        self.clock, self.devices, self.folder, self.store = clock, devices, folder, store
        self.inspector = Inspector(store, CONFIG, Runtime(bundle, threads=1), clock=clock)
        self.placement = Placement(CONFIG)
        # Names of parts are remembered up to a number; here it is reached before the first look at the memory.
        bounds = Bounds(remembered=SETTLED_HOUR * HOUR_S // PART_EVERY_S // 2)
        self.aligner = Aligner(self.placement.rules, deadline_ns=round(DECIDED_AFTER_S * S), bounds=bounds)
        streams = [config.stream(name) for name, config in STREAMS.items()]
        self.recorder = Recorder(
            folder,
            streams,
            rotate_bytes=ROTATE_BYTES,
            budget_bytes=BUDGET_BYTES,
            fsync_s=10.0,
            clock=clock,
            wall=lambda: 1_800_000_000 * S + clock(),
        )
        self.healths = {stream.name: Health(stream, clock()) for stream in streams}
        self.attendants = {
            name: Attendant(device.driver, self.healths[name], Backoff(lambda: 0.5), self.take, clock)
            for name, device in devices.items()
        }
        self.reasons: dict[Reason, int] = dict.fromkeys(Reason, 0)
        self.verdicts: Counter[str] = Counter()
        self.parts = 0

    def take(self, reading: Reading) -> None:
        self.recorder.reading(reading)
        self.aligner.push(reading)

    def step(self, name: str) -> float:
        """One sensor; seconds until it wants to be stepped again."""
        self.devices[name].say()
        return self.attendants[name].step() or self.devices[name].period_s

    def part(self) -> float:
        """One part passes."""
        now_ns, name = self.clock(), f"p{self.parts}"
        assert self.inspector.accept(Trigger(part=name, time_ns=now_ns))
        self.aligner.trigger(name, now_ns)
        self.recorder.trigger(name, now_ns)
        self.parts += 1
        return PART_EVERY_S

    def decide(self) -> float:
        """The parts that are settled or due get their verdicts, on disk."""
        for snapshot in self.aligner.advance(self.clock()):
            self.verdicts[self.inspector.inspect(self.placement.seen(snapshot)).verdict] += 1
            for reason in snapshot.reasons.values():
                self.reasons[reason] += 1
        return PART_EVERY_S

    @property
    def recorded_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.folder.iterdir())

    def close(self) -> None:
        for attendant in self.attendants.values():
            attendant.close()
        self.recorder.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the process holds at one moment."""

    resident_bytes: int
    blocks: int
    """Small objects of Python."""
    descriptors: int
    threads: int


def held() -> Held:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Held(
        resident_bytes=pages * os.sysconf("SC_PAGE_SIZE"),
        blocks=sys.getallocatedblocks(),
        descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - asked of the kernel, not of a folder
        threads=threading.active_count(),
    )


class Agenda:
    """What is to be done and when; nothing is waited for."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.count = clock, 0
        self.entries: list[tuple[int, int, Callable[[], float | None]]] = []

    def add(self, due_ns: int, action: Callable[[], float | None]) -> None:
        """An action that returns a number of seconds is done again after so many."""
        self.count += 1
        heappush(self.entries, (due_ns, self.count, action))

    def run_until(self, end_ns: int) -> None:
        while self.entries[0][0] < end_ns:
            self.clock.now_ns, _, action = heappop(self.entries)
            again_s = action()
            if again_s is not None:
                self.add(self.clock.now_ns + round(again_s * S), action)
        self.clock.now_ns = end_ns


def unplug_every_hour(agenda: Agenda, station: Station, name: str) -> None:
    """Unplugged, plugged in again, and live within the bound."""
    device, health = station.devices[name], station.healths[name]

    def unplug() -> float:
        device.plug(False)
        return HOUR_S

    def plug() -> float:
        device.plug(True)
        return HOUR_S

    def check() -> float:
        assert health.state(station.clock()) == "live", f"{name} is not live after {BACK_WITHIN_S:g} s: {health.reason}"
        return HOUR_S

    for after_s, action in ((0.0, unplug), (UNPLUGGED_S, plug), (UNPLUGGED_S + BACK_WITHIN_S, check)):
        agenda.add(round((device.unplugged_at_s + after_s) * S), action)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    clock = Clock(0)
    devices: dict[str, Device] = {"gas": Gas(clock), "heat": Heat(clock, tmp_path), "sound": Sound(clock)}
    devices["look"] = look = Look(clock, tmp_path)
    bundle = constant_bundle(tmp_path, CONFIG, bad=0.01)
    # The recordings of a day, and the sync of every commit, are not what the disk of a developer is for.
    with (
        TemporaryDirectory(dir=MEMORY) as folder,
        TemporaryDirectory(dir=MEMORY) as shelf,
        Store.open(Path(shelf)) as store,
    ):
        station = Station(clock, devices, Path(folder), store, bundle)
        yield station
        look.end()
        station.close()
    devices["heat"].plug(False)


@pytest.mark.slow
def test_a_day_leaves_memory_files_and_threads_as_they_were(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    # Every line of the log would be kept for the report of this test.
    caplog.set_level(logging.CRITICAL, logger="sensors")
    agenda = Agenda(station.clock)
    for name in station.devices:
        agenda.add(0, lambda name=name: station.step(name))
        unplug_every_hour(agenda, station, name)
    agenda.add(PART_EVERY_S * S, station.part)
    agenda.add(round((PART_EVERY_S + DECIDED_AFTER_S) * S), station.decide)
    after: dict[int, Held] = {}
    for hour in range(1, HOURS + 1):
        # A minute later: then a new recording has just been begun, whose index is short again.
        agenda.run_until((hour * HOUR_S + 60) * S)
        after[hour] = held()
        assert station.recorded_bytes <= BUDGET_BYTES
    check_flat(after[SETTLED_HOUR], after[HOURS])
    check_books(station)


def check_flat(early: Held, late: Held) -> None:
    assert late.descriptors == early.descriptors
    assert late.threads == early.threads
    assert late.blocks - early.blocks <= GROWTH_BLOCKS
    assert late.resident_bytes - early.resident_bytes <= GROWTH_BYTES


def check_books(station: Station) -> None:
    """Nothing is lost besides the time without a plug, and everything that came is recorded and aligned."""
    for name, health in station.healths.items():
        counters = health.counters
        assert (counters.gaps, counters.lost_samples, counters.abandoned) == (0, 0, 0), name
        assert health.sessions == HOURS + 1
        away_s = HOURS * (UNPLUGGED_S + BACK_WITHIN_S)
        assert counters.readings * station.devices[name].period_s >= HOURS * HOUR_S - away_s
    recorder, books = station.recorder, station.aligner.stats()
    assert recorder.counters["readings"] == sum(health.counters.readings for health in station.healths.values())
    assert (recorder.counters["dropped"], recorder.counters["errors"]) == (0, 0)
    assert recorder.counters["files"] == HOURS + 1
    assert recorder.counters["removed_files"] > 0
    assert books.triggers == books.emitted + books.open == station.parts
    assert station.reasons[Reason.OK] >= 0.98 * sum(station.reasons.values())
    check_verdicts(station)


def check_verdicts(station: Station) -> None:
    """Every part has one row in the store; those of the time without a plug are reviewed, and no good part is rejected."""
    rows = station.store.decisions()
    assert len({row.part for row in rows}) == len(rows) == station.verdicts.total() == station.aligner.stats().emitted
    assert station.store.open_parts() == [f"p{number}" for number in range(len(rows), station.parts)]
    assert len({row.bundle for row in rows}) == 1
    assert {row.verdict for row in rows} == {"PASS", "REVIEW"}
    away_s = HOURS * len(STREAMS) * (UNPLUGGED_S + BACK_WITHIN_S + 2 * LOOK_S)
    assert station.verdicts["REVIEW"] <= away_s / PART_EVERY_S + HOURS
    assert not any(row.reason.startswith("late") for row in rows)
