"""What it costs to align: readings and samples a second, the cost of a part, and the memory of a flood.

Streams are a third microphones (48 kHz in blocks of 1024), a third cameras (25 frames a second of 24 x 32) and a third
gas arrays (10 steps a second), with two parts a second. The aligner is pushed each reading and advanced after each, as
a live line does. Its rivals see the same readings and parts as messages with a time:

- heads: the leanest synchronizer of approximate time in plain Python: it looks at the heads of all queues, and gives up
  the oldest while they are not all within the tolerance.
- candidates: the same rule over 5 s of every stream, as the aligner keeps, so that a part may come late: each message is
  compared with all of the other queues (what ROS calls ApproximateTimeSynchronizer).
- heads_by_sample: the first rule where every sample is a message with its own time, which is what it takes to cut a
  window by time as the aligner does.
- merge_asof: for each part, pandas (extra `bench`) joins what the last 5 s hold of each stream; where it is not installed
  the result says so.

Two ratios are told, and they say different things; neither stands for the other:

- `ratio` is by sample: samples a second of the aligner, which is given readings, over samples a second of the first rule,
  which is given samples. Both place every sample in time. The aligner takes the times of a whole reading at once and the
  rule takes each alone, so most of the factor is the length of a reading (1024 for a third of the streams).
- `ratio_by_message` is by reading: the same readings and parts, each one message to everyone. The rivals then compare
  one time a reading and stop there: they count, check, stamp, keep and cut nothing. Anything that does is slower.

`most_by_message` is what no aligner in Python can pass: the first ratio of one whose `push` and `advance` do nothing at all.
`reached` says of each whether it is ten times the first rule. The first rule by sample sees 1.5 s with one part, the aligner
the whole flow with two parts a second, which favours the rule. All times are processor time.
"""

import argparse
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from qc_station.align.aligner import Aligner
from qc_station.align.bounds import Bounds
from qc_station.align.policies.as_of import AsOf
from qc_station.align.policies.interval import Interval
from qc_station.align.policies.nearest import Nearest
from qc_station.align.policies.policy import Policy
from qc_station.align.rate import SECOND_NS, Rate
from qc_station.align.rules import StreamRule
from sensors.readings import Reading
from sensors.streams import Stream
from tests.benchmarks.align_rivals import HISTORY_NS, TOLERANCE_NS, Idle, Message, candidates, heads, merge_asof

MS = 1_000_000
START_NS = 10**15
PANDAS = find_spec("pandas") is not None
OURS = ("ours", "idle")
TARGET = 10
"""Times the throughput of the heads of all queues."""
SHAPES: tuple[tuple[str, float, int, tuple[int, ...], str], ...] = (
    ("waveform", 48_000.0, 1024, (1,), "int16"),
    ("image", 25.0, 1, (24, 32), "uint16"),
    ("series", 10.0, 1, (4,), "float32"),
)
POLICIES: tuple[Policy, ...] = (
    Interval(rate=Rate.of(48_000.0), before_ns=20 * MS, length=12_000),
    Nearest(tolerance_ns=TOLERANCE_NS),
    AsOf(length=20, max_age_ns=500 * MS, period_ns=100 * MS),
)
Event = Reading | tuple[str, int]


def rules(count: int) -> dict[str, StreamRule]:
    """So many streams, the three kinds in turn."""
    made = {}
    for number in range(count):
        kind, rate_hz, _, shape, _ = SHAPES[number % 3]
        units = ("1",) * (shape[0] if kind != "image" else 1)
        stream = Stream(name=f"s{number}", kind=kind, shape=shape, nominal_rate_hz=rate_hz, units=units)
        made[stream.name] = StreamRule(stream=stream, policy=POLICIES[number % 3])
    return made


def events(count: int, seconds: float) -> list[Event]:
    """Readings and parts in the order of time; the streams are out of step with each other."""
    made: list[tuple[int, Event]] = []
    for number in range(count):
        _, rate_hz, block, shape, dtype = SHAPES[number % 3]
        data = np.ones((block, *shape), dtype)
        rate = Rate.of(rate_hz)
        for turn in range(int(seconds * rate_hz / block)):
            arrival_ns = START_NS + rate.span_ns((turn + 1) * block - 1) + number * 137_000
            reading = Reading(
                stream=f"s{number}",
                session=0,
                seq=turn * block,
                arrival_ns=arrival_ns,
                device_ns=None,
                data=data,
            )
            made.append((arrival_ns, reading))
    parts = range(int(seconds * 2) - 2)
    made += [(START_NS + SECOND_NS + n * 500 * MS, (f"p{n}", START_NS + SECOND_NS + n * 500 * MS)) for n in parts]
    return [event for _, event in sorted(made, key=lambda pair: pair[0])]


def idle(count: int, flow: list[Event]) -> int:
    """What the calls alone cost."""
    return through(Idle(), count, flow)


def ours(count: int, flow: list[Event]) -> int:
    """The aligner."""
    return through(Aligner(rules(count), deadline_ns=SECOND_NS, bounds=Bounds(history_ns=HISTORY_NS)), count, flow)


def through(aligner: Aligner | Idle, count: int, flow: list[Event]) -> int:
    """Push, trigger and advance; returns the parts of which every stream has a window."""
    whole = 0
    for event in flow:
        if isinstance(event, Reading):
            aligner.push(event)
            now_ns = event.arrival_ns
        else:
            aligner.trigger(*event)
            now_ns = event[1]
        for snapshot in aligner.advance(now_ns):
            whole += len(snapshot.windows) == count
    return whole


def messages(flow: list[Event]) -> list[Message]:
    """Each reading and each part as one message."""
    return [("part", event[1]) if isinstance(event, tuple) else (event.stream, event.arrival_ns) for event in flow]


def sample_messages(flow: list[Event]) -> list[Message]:
    """Each sample and each part as one message, in the order of time."""
    made: list[Message] = []
    for event in flow:
        if isinstance(event, tuple):
            made.append(("part", event[1]))
        else:
            period_ns = SECOND_NS // 48_000
            made += [(event.stream, event.arrival_ns - n * period_ns) for n in range(event.count - 1, -1, -1)]
    return sorted(made, key=lambda message: message[1])


def cost_of(run: Callable[[int, Any], int], count: int, flow: Any) -> tuple[float, int]:
    """Processor time in seconds, the best of two runs, and what was matched."""
    best, matched = float("inf"), 0
    for _ in range(2):
        started = time.process_time()
        matched = run(count, flow)
        best = min(best, time.process_time() - started)
    return best, matched


def throughput(count: int, seconds: float) -> dict[str, Any]:
    """Everyone on the same flow; by sample on its first second and a half."""
    flow = events(count, seconds)
    told = messages(flow)
    samples = sum(event.count for event in flow if isinstance(event, Reading))
    rivals: dict[str, tuple[Callable[[int, Any], int], Any]] = {
        "ours": (ours, flow),
        "idle": (idle, flow),
        "heads": (heads, told),
        "candidates": (candidates, told),
    }
    if PANDAS:
        rivals["merge_asof"] = merge_asof, told
    row: dict[str, Any] = {"readings_and_parts": len(flow), "readings_per_s": {}, "matched": {}}
    for name, (run, given) in rivals.items():
        spent_s, row["matched"][name] = cost_of(run, count, given)
        row["readings_per_s"][name] = round(len(flow) / spent_s)
    mine = row["readings_per_s"]["ours"]
    row["ratio_by_message"] = {
        name: round(mine / row["readings_per_s"][name], 2) for name in rivals if name not in OURS
    }
    row["most_by_message"] = round(row["readings_per_s"]["idle"] / row["readings_per_s"]["heads"], 2)
    start = sample_messages([event for event in flow if _time(event) < START_NS + 1.5 * SECOND_NS])
    by_sample = len(start) / cost_of(heads, count, start)[0]
    row["samples_per_s"] = {"ours": round(mine * samples / len(flow)), "heads_by_sample": round(by_sample)}
    row["ratio"] = round(row["samples_per_s"]["ours"] / by_sample, 1)
    return row


def _time(event: Event) -> int:
    return event[1] if isinstance(event, tuple) else event.arrival_ns


def per_part_us(history_s: float) -> float:
    """Median processor time of trigger and advance, with buffers of so many seconds full."""
    aligner = Aligner(
        rules(3),
        deadline_ns=SECOND_NS,
        bounds=Bounds(history_ns=round(history_s * SECOND_NS), max_bytes=2**31, max_ns=round(2e9 * history_s)),
    )
    flow = [event for event in events(3, history_s + 3.0) if isinstance(event, Reading)]
    for event in flow:
        aligner.push(event)
        aligner.advance(event.arrival_ns)
    now_ns, spent = flow[-1].arrival_ns, []
    for number in range(400):
        # Parts from one end of the buffers to the other.
        at_ns = now_ns - 400 * MS - round((history_s - 0.5) * SECOND_NS * (number % 100) / 100)
        started = time.thread_time_ns()
        aligner.trigger(f"p{number}", at_ns)
        (snapshot,) = aligner.advance(now_ns)
        spent.append(time.thread_time_ns() - started)
        assert len(snapshot.windows) == 3, snapshot.reasons
    return round(float(np.median(spent[100:])) / 1e3, 1)


def flood() -> dict[str, Any]:
    """Readings of 16 bytes, as many as would be 20 times what may be held, and nobody advances."""
    limit = 4 * 1024 * 1024
    stream = Stream(name="s", kind="series", shape=(4,), nominal_rate_hz=1000.0, units=("1",) * 4)
    rule = StreamRule(stream=stream, policy=AsOf(length=1, max_age_ns=SECOND_NS, period_ns=MS))
    aligner = Aligner({"s": rule}, deadline_ns=SECOND_NS, bounds=Bounds(max_bytes=limit, max_ns=10**18))
    count = 20 * limit // 656
    tracemalloc.start()
    peak = 0
    for seq in range(count):
        data = np.zeros((1, 4), np.float32)
        aligner.push(Reading(stream="s", session=0, seq=seq, arrival_ns=START_NS + seq * MS, device_ns=None, data=data))
        if seq == count // 4:
            tracemalloc.reset_peak()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    books = aligner.stats().streams["s"]
    return {
        "limit_mib": limit / 2**20,
        "peak_mib": round(peak / 2**20, 2),
        "readings": count,
        "balanced": books.balanced,
        "dropped": books.dropped,
    }


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0, help="simulated, with 3 streams; fewer with more")
    seconds = parser.parse_args().seconds
    table = {
        f"{count}_streams": throughput(count, seconds if count < 20 else max(4.0, seconds / 5)) for count in (3, 8, 64)
    }
    by_sample, by_message = table["8_streams"]["ratio"], table["8_streams"]["ratio_by_message"]
    result = {
        "benchmark": "align_cost",
        "baseline": "heads of all queues within a tolerance, plain Python, every sample a message, 8 streams",
        "ratio": by_sample,
        "ratio_by_message": by_message,
        "compared": {
            "ratio": "samples/s of the aligner, given readings / samples/s of the baseline, given samples",
            "ratio_by_message": "readings and parts/s of the aligner / of rivals that compare one time a reading",
            "samples_a_reading": {kind: block for kind, _, block, _, _ in SHAPES},
        },
        "merge_asof": "measured" if PANDAS else "pandas missing; it comes with the extra `bench`",
        "target": TARGET,
        "reached": {"by_sample": by_sample >= TARGET, "by_message": by_message["heads"] >= TARGET},
        "throughput": table,
        "per_part_us": {f"{history_s:g}_s": per_part_us(history_s) for history_s in (1.0, 10.0, 600.0)},
        "flood": flood(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
