"""The worst case of a deadline: 64 streams in full flood and 64 open parts, each of which waits until it is due.

One more required stream says something once and is never dead, so that every part stays open for its whole deadline and is then cut from
64 streams (a third microphones, a third cameras, a third gas arrays, as in `align_cost`). The aligner is advanced after
every reading. Told are the parts that were not emitted at the first advance at or after they were due, and the time of
one advance: of all of them, and of those alone that emit a part, by the wall and by the processor; the wall's p99 of all of
them is what has a target, and what else the machine does is in it. The baseline is the same flood with no part open.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from qc_station.align.aligner import Aligner
from qc_station.align.bounds import Bounds
from qc_station.align.policies.as_of import AsOf
from qc_station.align.rate import SECOND_NS
from qc_station.align.rules import StreamRule
from sensors.readings import Reading
from sensors.streams import Stream
from tests.benchmarks.align_cost import START_NS, events, rules

STREAMS, OPEN = 64, 64
DEADLINE_NS = 2 * SECOND_NS
WARM_UP_S = 3


class Run:
    """One flood, with parts or without."""

    def __init__(self, *, parts: bool) -> None:
        """Build the line; the silent stream is only there with parts."""
        silent = Stream(name="silent", kind="series", shape=(1,), nominal_rate_hz=None, units=("1",))
        extra = {"silent": StreamRule(stream=silent, policy=AsOf(length=1, max_age_ns=3600 * SECOND_NS, period_ns=0))}
        self.aligner = Aligner(
            rules(STREAMS) | extra, deadline_ns=DEADLINE_NS, bounds=Bounds(history_ns=SECOND_NS, max_open=OPEN)
        )
        word = np.zeros((1, 1), np.float32)
        self.aligner.push(Reading(stream="silent", session=0, seq=0, arrival_ns=START_NS, device_ns=None, data=word))
        self.parts, self.opened, self.most_open = parts, 0, 0
        self.wall_ns: list[int] = []
        self.cpu_ns: list[int] = []
        self.emitting: list[int] = []
        self.emitted = self.belated = 0

    def take(self, reading: Reading) -> None:
        """Push, trigger what has come by, advance and look at the clock."""
        now_ns = reading.arrival_ns
        every_ns = DEADLINE_NS // OPEN
        while self.parts and START_NS + WARM_UP_S * SECOND_NS + self.opened * every_ns <= now_ns:
            at_ns = START_NS + WARM_UP_S * SECOND_NS + self.opened * every_ns
            # The part that is due now makes room for the one that comes.
            self._advance(now_ns)
            self.aligner.trigger(f"p{self.opened}", at_ns)
            self.opened += 1
        self.aligner.push(reading)
        self._advance(now_ns)

    def _advance(self, now_ns: int) -> None:
        due_ns = self.aligner.due_ns()
        wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
        snapshots = self.aligner.advance(now_ns)
        cpu, wall = time.thread_time_ns() - cpu, time.perf_counter_ns() - wall
        if now_ns < START_NS + (WARM_UP_S + 3) * SECOND_NS and self.parts:
            return
        if snapshots:
            self.most_open = max(self.most_open, self.aligner.stats().open + len(snapshots))
        self.wall_ns.append(wall)
        self.cpu_ns.append(cpu)
        if snapshots:
            self.emitting.append(len(self.wall_ns) - 1)
            self.emitted += len(snapshots)
        # What is due must be gone, and what is gone must have been due: nothing here is ever settled.
        rest_ns = self.aligner.due_ns()
        self.belated += (rest_ns is not None and rest_ns <= now_ns) or (bool(snapshots) and (due_ns or 0) > now_ns)


def quantiles(times_ns: list[int]) -> dict[str, float]:
    """Milliseconds."""
    told = {"p50_ms": 50, "p99_ms": 99, "max_ms": 100}
    return {name: round(float(np.percentile(times_ns, at)) / 1e6, 4) for name, at in told.items()}


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="simulated")
    flow = [event for event in events(STREAMS, parser.parse_args().seconds) if isinstance(event, Reading)]
    busy, idle = Run(parts=True), Run(parts=False)
    for reading in flow:
        busy.take(reading)
        idle.take(reading)
    result = {
        "benchmark": "align_deadline",
        "baseline": "advance with no part open, median processor time",
        "ratio": round(float(np.median(busy.cpu_ns) / np.median(idle.cpu_ns)), 2),
        "streams": STREAMS,
        "open_parts": busy.most_open,
        "advances": len(busy.wall_ns),
        "parts_emitted": busy.emitted,
        "parts_not_at_the_first_advance": busy.belated,
        "advance_wall": quantiles(busy.wall_ns),
        "advance_cpu": quantiles(busy.cpu_ns),
        "emitting_advance_wall": quantiles([busy.wall_ns[n] for n in busy.emitting]),
        "emitting_advance_cpu": quantiles([busy.cpu_ns[n] for n in busy.emitting]),
        "target_p99_ms": 2.0,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
