"""A station of eight microphones, two cameras and eight gas arrays, read by drivers under supervision and by bare loops.

Both read the same in real time: terminals that another process prints to, films in 16 bits that are decoded at the pace of
a camera, and blocks of sound from threads that call back. **The microphones of both sides are these threads, written in
Python: neither PortAudio nor a sound card is there.** What they cost by themselves is measured by a run without any reader
and taken from both. `--pulse N` measures N microphones of the real driver instead, through PortAudio, on a PulseAudio
server of its own (`ingest_pulse.py`); where that is not installed it says so and measures nothing. The bare loops are what one writes by hand for one sensor: a thread, the library's
call, `split` and `float`, a stamp; without checks, flags, counters, time-outs or another try.

Compared is processor time, so that a busy machine disturbs little. `python tests/benchmarks/ingest.py` takes about eight
minutes and prints one JSON line.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import ingest_pulse, recording_speed
from tests.benchmarks import ingest_sources as source
from tests.benchmarks.ingest_readers import Contender, Stage, Tally, bare, nobody, recorded, supervised

BAR = 1.3
CORES = 2
"""Of the box that the station is to run on."""
KINDS = ("microphones", "cameras", "arrays")
LATE_S = 20.0
"""How long after the last sample a run is given up; what is missing then is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run has cost and brought."""

    cpu_s: float
    """Of this process, all its threads."""
    missing: int
    """Readings that were expected and did not come, and samples of those that came."""
    readings: int
    """That came."""


def run(contender: Contender, kinds: tuple[str, ...], seconds: float, film: str) -> Run:
    """Read the sources of these kinds for so long."""
    tally = Tally()
    with ExitStack() as stack:
        ports, feed = stack.enter_context(source.terminals(seconds)) if "arrays" in kinds else ([], lambda: None)
        stage = Stage(
            seconds=seconds, kinds=kinds, ports=ports, film=film, go=threading.Event(), stop=threading.Event()
        )
        stack.enter_context(contender(stage, tally))
        before = resource.getrusage(resource.RUSAGE_SELF)
        feed()
        stage.go.set()
        limit = time.monotonic() + seconds + LATE_S
        while tally.readings != stage.expected and time.monotonic() < limit:
            time.sleep(0.05)
        after = resource.getrusage(resource.RUSAGE_SELF)
    each = {"microphones": source.BLOCK, "cameras": 1, "arrays": 1}
    missing = sum(abs(count * each[name[:-1]] - tally.samples[name]) for name, count in stage.expected.items())
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(cpu_s=cpu_s, missing=missing, readings=sum(tally.readings.values()))


def compared(kinds: tuple[str, ...], seconds: float, rounds: int, film: str) -> dict[str, Any]:
    """Ours against the bare loops, each first in half of the rounds; the first round counts for nothing."""
    contenders: dict[str, Contender] = {"bare": bare, "ours": supervised}
    if "microphones" in kinds:
        contenders["nobody"] = nobody
    spent: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name in sorted(contenders, reverse=bool(number % 2)):
            of_kinds = ("microphones",) if name == "nobody" else kinds
            took = run(contenders[name], of_kinds, seconds, film)
            if number:
                spent[name].append(took)
    cpu = {name: statistics.median(one.cpu_s for one in runs) for name, runs in spent.items()}
    idle = cpu.get("nobody", 0.0)
    pairs = zip(spent["ours"], spent["bare"], strict=True)
    ratios = sorted((ours.cpu_s - idle) / (bare.cpu_s - idle) for ours, bare in pairs)
    return {
        "ratio": round((cpu["ours"] - idle) / (cpu["bare"] - idle), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "bare_us_per_reading": round((cpu["bare"] - idle) / spent["bare"][0].readings * 1e6, 1),
        "ours_us_per_reading": round((cpu["ours"] - idle) / spent["ours"][0].readings * 1e6, 1),
        "share_of_a_core": round((cpu["ours"] - idle) / seconds, 4),
        "lost": {name: sum(one.missing for one in runs) for name, runs in spent.items() if name != "nobody"},
    }


def recording(share_of_a_core: float, seconds: float, film: str) -> dict[str, Any]:
    """What recording everything adds in real time, and how fast it could be."""
    live = run(recorded, KINDS, seconds, film)
    streams, made = recording_speed.readings()
    size = sum(reading.data.nbytes for reading in made)
    wall_s, cpu_s = recording_speed.cost(recording_speed.recorded, streams, made)
    needed, reached = size / recording_speed.SIMULATED_S / 1e6, size / wall_s / 1e6
    share = cpu_s / recording_speed.SIMULATED_S
    return {
        "needed_mb_s": round(needed, 2),
        "reached_mb_s": round(reached, 1),
        "headroom": round(reached / needed, 1),
        "share_of_a_core": round(share, 4),
        "idle_of_all_cores_while_recording": round(1.0 - (share_of_a_core + share) / CORES, 3),
        "lost_live": live.missing,
    }


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pulse", type=int, metavar="N", help="N real microphones over PulseAudio, and nothing else")
    given = parser.parse_args()
    if given.pulse:
        found = ingest_pulse.measured(given.pulse, given.seconds, given.rounds)
        baseline = "a bare sounddevice.RawInputStream on the same PulseAudio monitor, PortAudio's own cost in both"
        print(json.dumps({"benchmark": "ingest_pulse", "baseline": baseline, "bar": BAR, **found}))
        return
    with tempfile.TemporaryDirectory() as folder:
        film = source.film(Path(folder) / "film.mkv", given.seconds)
        station = compared(KINDS, given.seconds, given.rounds, film)
        result = {
            "benchmark": "ingest",
            "baseline": "bare loops around pyserial, cv2.VideoCapture and a callback, reading the same",
            "ratio": station["ratio"],
            "bar": BAR,
            "station": station,
            **{kind: compared((kind,), given.seconds, given.rounds, film) for kind in KINDS},
            "recording": recording(station["share_of_a_core"], given.seconds, film),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
