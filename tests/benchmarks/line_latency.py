"""Trigger to stored verdict on the simulated line at 10 parts a second, alone and with a training beside.

The floor is a process of its own (`qc-station simulate`): a serial port, a camera and a sound. The line is that of
`qc-station run` with a small bundle. Latency is counted from the arrival of the oldest reading that the deciding step
took, which is no later than the one that closed the last window, to the verdict's commit on the disk: an upper bound.
Parts that no reading closed (they were due, or settled by time) have no such arrival; they are counted beside it with
their time from the trigger. The ratio is the 99th percentile with the training to that without.

The training is one `train` after the other, each started by what starts `retrain`: its priority, cap on memory and
environment, and as many threads. It differs in what it does: `retrain` fine-tunes once, `train` begins anew and also
measures what each sensor adds, so that it keeps the cores busy all the time.

Of the slowest hundredth it is told where the time went: `busy` until the line asked for readings again, `aligning`,
`behind` other parts of the same step, `scores`, and `commit` with the verdict; beside it what the disk itself took to
sync a page in the same run (`disk_sync.py`).

Usage: python tests/benchmarks/line_latency.py [--seconds 300] [--bundle FOLDER]
"""

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.runtime import Runtime
from qc_station.align.snapshot import Snapshot
from qc_station.config.loading import load_station
from qc_station.config.writing import write_station
from qc_station.learning.apart import threads_beside_the_line
from qc_station.line.inspection import Inspected
from qc_station.line.live import LiveLine
from qc_station.line.shell import IDLE_S
from qc_station.line.simulation import station
from qc_station.store import Store
from sensors.readings import Reading
from tests.simulated_line import shifts, small_bundle

PER_MINUTE = 600
TARGET_P99_MS, TARGET_RATIO = 25.0, 1.5
SHIFTS, PARTS = 7, 80
"""What the bundle and the training beside learn from: enough for the convolutions on frames."""
COMMAND = (sys.executable, "-m", "qc_station")
ROOT = Path(__file__).resolve().parents[2]
AGAIN_AND_AGAIN = """
import sys
from qc_station.learning.apart import run_apart, usual_memory_mib
while run_apart(("train", "--station", sys.argv[1]), usual_memory_mib())[0] == 0:
    pass
"""
STEPS = ("busy", "aligning", "behind", "scores", "commit")
SLOWEST = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One part and when what happened, CLOCK_MONOTONIC in ns."""

    inspected: Inspected
    """What was decided."""
    trigger_ns: int
    """The part was there."""
    begun_ns: int
    """Its windows had closed and no part was before it."""
    stored_ns: int
    """The verdict was on the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A part that readings closed, and when what happened, CLOCK_MONOTONIC in ns."""

    decided: Decided
    """Its verdict."""
    arrived_ns: int
    """The oldest reading of the step."""
    asked_ns: int
    """The line asked for readings."""
    aligned_ns: int
    """It had them, aligned."""

    @property
    def after_close_ms(self) -> float:
        """From the arrival to the commit."""
        return (self.decided.stored_ns - self.arrived_ns) / 1e6

    def steps_ms(self) -> dict[str, float]:
        """Where that time went; a reading may come while the line already waits for it."""
        asked_ns, one = max(self.asked_ns, self.arrived_ns), self.decided
        scores_ms = one.inspected.latency_ms["scores"]
        spent = {
            "busy": (asked_ns - self.arrived_ns) / 1e6,
            "aligning": (self.aligned_ns - asked_ns) / 1e6,
            "behind": (one.begun_ns - self.aligned_ns) / 1e6,
            "scores": scores_ms,
            "commit": (one.stored_ns - one.begun_ns) / 1e6 - scores_ms,
        }
        return {name: round(spent[name], 3) for name in STEPS}


class Watched(LiveLine):
    """A live line that notes when readings arrived and verdicts were stored."""

    def __enter__(self) -> Self:
        """Listen at the shell, before the first reading, and at the inspector."""
        self.arrivals_ns: list[int] = []
        self.decided: list[Decided] = []
        self.closed: list[Closed] = []
        self.closed_by_time: list[Decided] = []
        self.asked_ns = self.aligned_ns = 0
        hear = self.shell.hear

        def heard(reading: Reading) -> None:
            self.arrivals_ns.append(reading.arrival_ns)
            hear(reading)

        self.shell.hear = heard  # type: ignore[method-assign]
        snapshots = self.shell.snapshots

        def aligned(idle_s: float = IDLE_S) -> list[Snapshot]:
            self.asked_ns = time.monotonic_ns()
            found = snapshots(idle_s)
            self.aligned_ns = time.monotonic_ns()
            return found

        self.shell.snapshots = aligned  # type: ignore[method-assign]
        super().__enter__()
        inspect = self._inspector.inspect

        def inspected(snapshot: Snapshot) -> Inspected:
            begun_ns = time.monotonic_ns()
            found = inspect(snapshot)
            stored_ns = time.monotonic_ns()
            done = Decided(inspected=found, trigger_ns=snapshot.time_ns, begun_ns=begun_ns, stored_ns=stored_ns)
            self.decided.append(done)
            return found

        self._inspector.inspect = inspected  # type: ignore[method-assign]
        return self

    def step(self) -> list[Inspected]:
        """Count from the oldest reading of the step; a part that no reading closed is counted beside."""
        before, decided = self.shell.counters.aligned, len(self.decided)
        found = super().step()
        taken = self.arrivals_ns[before : self.shell.counters.aligned]
        for one in self.decided[decided:]:
            if taken:
                marks = {"arrived_ns": min(taken), "asked_ns": self.asked_ns, "aligned_ns": self.aligned_ns}
                self.closed.append(Closed(decided=one, **marks))
            else:
                self.closed_by_time.append(one)
        return found


@contextmanager
def floor(folder: Path, parts: int, seed: int) -> Iterator[None]:
    """The simulated floor in a process of its own, from when its devices are there."""
    arguments = ("simulate", str(folder), "--parts", str(parts), "--per-minute", str(PER_MINUTE), "--seed", str(seed))
    process = subprocess.Popen((*COMMAND, *arguments), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr is not None
        while "look at its sensors" not in (said := process.stderr.readline()):
            assert said, "the floor did not start"
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def training(folder: Path) -> Iterator[None]:
    """Trainings as `retrain` is run, one after the other, for as long as the line runs."""
    process = subprocess.Popen(
        (sys.executable, "-c", AGAIN_AND_AGAIN, str(folder)),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        cwd=ROOT,
    )
    try:
        yield
        assert process.poll() is None, "the training beside failed"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def disk(folder: Path) -> Iterator[dict[str, Any]]:
    """What the disk itself takes to sync meanwhile; filled at the end."""
    found: dict[str, Any] = {}
    command = (sys.executable, str(Path(__file__).with_name("disk_sync.py")), str(folder))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield found
    finally:
        said, _ = process.communicate()
    found |= json.loads(said)


def run(folder: Path, bundle: Path, parts: int, seed: int) -> dict[str, Any]:
    """Let all parts pass and decide about them."""
    with (
        floor(folder, parts, seed),
        disk(folder) as synced,
        Watched(folder, load_station(folder), Runtime(bundle)) as line,
    ):
        last_s = time.monotonic() + parts / PER_MINUTE * 60 + 30
        while line.counts.total() < parts and time.monotonic() < last_s:
            line.step()
        line.finish()
    whole = [d for d in line.decided if set(d.inspected.reasons.values()) == {"ok"}]
    return {
        "parts": parts,
        "lost": parts - len({d.inspected.part for d in line.decided}),
        "all_windows_whole": len(whole),
        "verdicts": dict(Counter(d.inspected.verdict for d in line.decided)),
        "after_close_ms": quantiles([one.after_close_ms for one in line.closed]),
        "closed_by_readings": len(line.closed),
        "closed_by_time": len(line.closed_by_time),
        "closed_by_time_after_trigger_ms": quantiles([(d.stored_ns - d.trigger_ns) / 1e6 for d in line.closed_by_time]),
        "closed_at_the_end": len(line.decided) - len(line.closed) - len(line.closed_by_time),
        "steps_ms": {name: quantiles([one.steps_ms()[name] for one in line.closed]) for name in STEPS},
        "slowest": slowest(line.closed),
        "disk_sync_ms": synced,
        "inspecting_ms": quantiles([d.inspected.latency_ms["decision"] for d in line.decided]),
        "after_trigger_ms": quantiles([(d.stored_ns - d.trigger_ns) / 1e6 for d in line.decided]),
    }


def slowest(closed: list[Closed]) -> dict[str, Any]:
    """Where the time of the slowest hundredth went: its mean, and the five slowest one by one."""
    ranked = sorted(closed, key=lambda one: one.after_close_ms, reverse=True)
    chosen = [one.steps_ms() for one in ranked[: math.ceil(SLOWEST * len(ranked))]]
    mean = {name: round(float(np.mean([one[name] for one in chosen])), 3) for name in STEPS} if chosen else {}
    return {"parts": len(chosen), "mean_ms": mean, "five": chosen[:5]}


def quantiles(values: list[float]) -> dict[str, float | None]:
    """Milliseconds; None of nothing."""
    told = {"p50": 50, "p99": 99, "max": 100}
    return {name: round(float(np.percentile(values, at)), 3) if values else None for name, at in told.items()}


def teaching(folder: Path) -> Path:
    """A station with a recorded shift for the training beside."""
    config = station()
    threads = threads_beside_the_line()
    config = msgspec.structs.replace(config, training=msgspec.structs.replace(config.training, threads=threads))
    write_station(folder, config)
    with Store.open(folder) as store:
        store.add_items(shifts(SHIFTS, PARTS), config.streams)
    return folder


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="of each of the two runs")
    parser.add_argument("--bundle", type=Path, help="of the simulated line; without it a small one is trained")
    options = parser.parse_args()
    parts, found = round(options.seconds * PER_MINUTE / 60), {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = options.bundle or small_bundle(folder / "bundles", shifts(SHIFTS, PARTS), epochs=8)
        taught = teaching(folder / "taught")
        for way, beside in {"alone": nullcontext(), "beside_training": training(taught)}.items():
            with beside:
                found[way] = run(folder / way, bundle, parts, seed=21)
    p99 = {way: one["after_close_ms"]["p99"] for way, one in found.items()}
    ratio = round(p99["beside_training"] / p99["alone"], 3)
    lost = sum(one["lost"] for one in found.values())
    result = {
        "benchmark": "line_latency",
        "baseline": "p99 from the last window's closing to the verdict on disk without the training",
        "ratio": ratio,
        "p99_ms": p99,
        "lost": lost,
        "targets": {"p99_ms": TARGET_P99_MS, "ratio": TARGET_RATIO, "lost": 0},
        "met": ratio <= TARGET_RATIO and max(p99.values()) <= TARGET_P99_MS and not lost,
        "seconds": options.seconds,
        "runs": found,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
