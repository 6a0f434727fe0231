"""When was a sample taken? The aligner's clock beside three others, on simulated USB audio whose true times are known.

48 kHz in blocks of 1024. The device counts too fast by some ppm and wanders by 3 ppm in ten minutes; the host delivers
each block after an exponential delay (mean 0.3 ms when quiet, 3 ms when loaded, never overtaking), and when loaded is
away for 20 to 115 ms about every 20 s. Every rival sees the same arrivals, and is asked at each block when its last sample was taken. Errors
after the first 20 s (max_ms, p99_ms), and apart from them those from the first block on: up to 6 s, when our line is laid
(first_max_ms), and from there (start_max_ms); where blocks are lost uncounted, also without the 6 s that follow each
loss. 24 hours are simulated with 200 and -200 ppm.

The delay-locked loop is the second-order one of Adriaensen, "Using a DLL to filter time" (2005), at 0.1 Hz.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from qc_station.align.clock import Clock
from qc_station.align.rate import Rate

RATE_HZ, BLOCK = 48_000, 1024
WANDER_PPM, WANDER_S = 3.0, 600.0
START_NS = 10**15
SETTLE_S, RECOVERY_S = 20.0, 6.0
Times = NDArray[np.int64]
Floats = NDArray[np.float64]


def taken(seconds: float, ppm: float) -> Times:
    """True times of each block's last sample in ns since the start: the device's count, inverted."""
    counted = (np.arange(1, int(seconds * RATE_HZ / BLOCK)) * BLOCK - 1) / RATE_HZ
    times = counted.copy()
    swing = WANDER_PPM * 1e-6 * WANDER_S / (2 * math.pi)
    for _ in range(4):
        times = counted - ppm * 1e-6 * times - swing * (1 - np.cos(2 * math.pi * times / WANDER_S))
    return np.rint(times * 1e9).astype(np.int64)


def arrivals(true: Times, *, loaded: bool, seed: int) -> Times:
    """When each block is in our hands."""
    random = np.random.default_rng(seed)
    delay = random.exponential(3e6 if loaded else 0.3e6, true.size)
    if loaded:
        # Whoever is away comes back at one moment to everything that has gathered.
        starts = np.cumsum(random.exponential(20e9, int(true[-1] / 20e9) + 1))
        for start, away in zip(starts, random.uniform(20e6, 115e6, starts.size), strict=True):
            hit = slice(*np.searchsorted(true, [start, start + away]))
            delay[hit] = np.maximum(delay[hit], start + away - true[hit])
    return np.asarray(np.maximum.accumulate(true + np.rint(delay).astype(np.int64)))


def ours(counts: Times, arrived: Times) -> Iterator[int]:
    """`Clock` on the declared rate."""
    clock, rate = Clock(), Rate.of(float(RATE_HZ))
    for count, arrival in zip(counts.tolist(), arrived.tolist(), strict=True):
        yield clock.stamp(rate.span_ns(count), arrival)


def arrival_time(counts: Times, arrived: Times) -> Iterator[int]:
    """What arrives now was taken now."""
    del counts
    yield from arrived.tolist()


def index_over_rate(counts: Times, arrived: Times) -> Iterator[int]:
    """The first arrival, counted on at the declared rate."""
    yield from (arrived[0] + (counts - counts[0]) * 10**9 // RATE_HZ).tolist()


def delay_locked_loop(counts: Times, arrived: Times) -> Iterator[int]:
    """A loop of 0.1 Hz that predicts the next arrival."""
    del counts
    period = BLOCK / RATE_HZ * 1e9
    omega = 2 * math.pi * 0.1 * BLOCK / RATE_HZ
    first, second, step = math.sqrt(2) * omega, omega * omega, period
    base = int(arrived[0])
    ahead = 0.0
    for arrival in (arrived - base).tolist():
        error = arrival - ahead
        yield base + round(ahead)
        ahead += first * error + step
        step += second * error


RIVALS: dict[str, Callable[[Times, Times], Iterator[int]]] = {
    "ours": ours,
    "arrival": arrival_time,
    "index_over_rate": index_over_rate,
    "delay_locked_loop": delay_locked_loop,
}


def told(errors_ms: Floats, true: Times, lost_s: list[float]) -> dict[str, float]:
    """Largest and p99 of the absolute error."""
    seconds = true / 1e9
    settled = seconds >= SETTLE_S
    row = {
        "max_ms": float(errors_ms[settled].max()),
        "p99_ms": float(np.percentile(errors_ms[settled], 99)),
        "first_max_ms": float(errors_ms[seconds < RECOVERY_S].max()),
        "start_max_ms": float(errors_ms[(seconds >= RECOVERY_S) & ~settled].max()),
    }
    if lost_s:
        recovered = settled.copy()
        for moment in lost_s:
            recovered &= (seconds < moment) | (seconds >= moment + RECOVERY_S)
        row["recovered_p99_ms"] = float(np.percentile(errors_ms[recovered], 99))
        row["recovered_max_ms"] = float(errors_ms[recovered].max())
    return {name: round(value, 3) for name, value in row.items()}


def scene(*, hours: float, ppm: float, loaded: bool, lost: tuple[float, ...] = (), seed: int = 1) -> dict[str, object]:
    """The table of one simulation."""
    true = taken(hours * 3600, ppm)
    gone = [int(part * true.size) for part in lost]
    lost_s = [float(true[block] / 1e9) for block in gone]
    arrived = arrivals(true, loaded=loaded, seed=seed)
    true, arrived = np.delete(true, gone), START_NS + np.delete(arrived, gone)
    counts = np.arange(1, true.size + 1) * BLOCK - 1
    table: dict[str, object] = {}
    for name, rival in RIVALS.items():
        stamps = np.fromiter(rival(counts, arrived), np.int64, true.size)
        table[name] = told(np.abs(stamps - START_NS - true) / 1e6, true, lost_s)
    return table


def main() -> None:
    """Print one JSON line; the ratio is the loop's largest error over ours on the loaded host."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="of the longest scene")
    hours = parser.parse_args().hours
    scenes: dict[str, dict[str, object]] = {
        "quiet": scene(hours=1, ppm=50, loaded=False),
        "loaded": scene(hours=1, ppm=50, loaded=True),
        "loaded_three_blocks_lost": scene(hours=1, ppm=50, loaded=True, lost=(0.2, 0.5, 0.8)),
        "loaded_200_ppm": scene(hours=1, ppm=200, loaded=True),
        "loaded_minus_200_ppm": scene(hours=1, ppm=-200, loaded=True),
        f"loaded_200_ppm_{hours:g}_h": scene(hours=hours, ppm=200, loaded=True),
        f"loaded_minus_200_ppm_{hours:g}_h": scene(hours=hours, ppm=-200, loaded=True),
    }
    worst = {name: row["max_ms"] for name, row in scenes["loaded"].items() if isinstance(row, dict)}
    result = {
        "benchmark": "align_clock",
        "baseline": "delay-locked loop of 0.1 Hz, largest error on the loaded host",
        "ratio": round(worst["delay_locked_loop"] / worst["ours"], 1),
        "scenes": scenes,
        "targets": {"loaded max_ms": 0.2, "three_blocks_lost recovered_p99_ms": 0.2, "24_h max_ms": 1.0},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
