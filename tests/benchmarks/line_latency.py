"""Trigger to stored verdict on the simulated line at 10 parts a second, alone and with a training beside as `retrain` runs it.

The floor is a process of its own (`qc-station simulate`): a serial port, a camera and a sound. The line is that of
`qc-station run` with a small bundle. Latency is counted from the arrival of the oldest reading that the deciding step
took, which is no later than the one that closed the last window, to the verdict's commit on the disk: an upper bound.
The ratio is the 99th percentile with the training to that without.

Usage: python tests/benchmarks/line_latency.py [--seconds 300] [--bundle FOLDER]
"""

import argparse
import json
import os
import shlex
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
from qc_station.learning.apart import ENVIRONMENT, threads_beside_the_line
from qc_station.line.inspection import Inspected
from qc_station.line.live import LiveLine
from qc_station.line.simulation import station
from qc_station.store import Store
from sensors.readings import Reading
from tests.simulated_line import shifts, small_bundle

PER_MINUTE = 600
TARGET_P99_MS, TARGET_RATIO = 25.0, 1.5
SHIFTS, PARTS = 7, 80
"""What the bundle and the training beside learn from: enough for the convolutions on frames."""
COMMAND = (sys.executable, "-m", "qc_station")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One part and when what happened, CLOCK_MONOTONIC in ns."""

    inspected: Inspected
    """What was decided."""
    trigger_ns: int
    """The part was there."""
    stored_ns: int
    """The verdict was on the disk."""


class Watched(LiveLine):
    """A live line that notes when readings arrived and verdicts were stored."""

    def __enter__(self) -> Self:
        """Listen at the shell, before the first reading, and at the inspector."""
        self.arrivals_ns: list[int] = []
        self.decided: list[Decided] = []
        self.after_close_ms: list[float] = []
        hear = self.shell.hear

        def heard(reading: Reading) -> None:
            self.arrivals_ns.append(reading.arrival_ns)
            hear(reading)

        self.shell.hear = heard  # type: ignore[method-assign]
        super().__enter__()
        inspect = self._inspector.inspect

        def inspected(snapshot: Snapshot) -> Inspected:
            found = inspect(snapshot)
            done = Decided(inspected=found, trigger_ns=snapshot.time_ns, stored_ns=time.monotonic_ns())
            self.decided.append(done)
            return found

        self._inspector.inspect = inspected  # type: ignore[method-assign]
        return self

    def step(self) -> list[Inspected]:
        """Count from the oldest reading of the step; a part that no reading closed is not counted."""
        before, decided = self.shell.counters.aligned, len(self.decided)
        found = super().step()
        taken = self.arrivals_ns[before : self.shell.counters.aligned]
        for one in self.decided[decided:] if taken else ():
            self.after_close_ms.append((one.stored_ns - min(taken)) / 1e6)
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
    """Trainings at the lowest priority, one after the other, for as long as the line runs."""
    once = shlex.join((*COMMAND, "train", "--station", str(folder)))
    process = subprocess.Popen(
        ("nice", "-n", "19", "sh", "-c", f"while {once}; do :; done"),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | ENVIRONMENT,
    )
    try:
        yield
        assert process.poll() is None, "the training beside failed"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(folder: Path, bundle: Path, parts: int, seed: int) -> dict[str, Any]:
    """Let all parts pass and decide about them."""
    with floor(folder, parts, seed), Watched(folder, load_station(folder), Runtime(bundle)) as line:
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
        "after_close_ms": quantiles(line.after_close_ms),
        "inspecting_ms": quantiles([d.inspected.latency_ms["decision"] for d in line.decided]),
        "after_trigger_ms": quantiles([(d.stored_ns - d.trigger_ns) / 1e6 for d in line.decided]),
    }


def quantiles(values: list[float]) -> dict[str, float]:
    """Milliseconds."""
    told = {"p50": 50, "p99": 99, "max": 100}
    return {name: round(float(np.percentile(values, at)), 3) for name, at in told.items()}


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
