"""How long the disk itself takes to sync, and how late the box wakes who sleeps, beside something else that is measured.

Appends a page to a file and syncs it every 50 ms until its standard input ends; then prints milliseconds as one JSON
line. A process of its own, so that nobody's interpreter lock is in the figures. Who wakes late has done nothing but sleep:
that is the machine (a busy host, memory that was taken away).

Usage: python tests/benchmarks/disk_sync.py FOLDER
"""

import json
import os
import select
import statistics
import sys
import tempfile
import time

PAGE = bytes(4096)
EVERY_S = 0.05


def synced_ms(file: int) -> float:
    """Of one page."""
    os.write(file, PAGE)
    begun = time.perf_counter()
    os.fsync(file)
    return (time.perf_counter() - begun) * 1e3


def percentiles(taken: list[float]) -> dict[str, float]:
    """Of milliseconds; empty of none."""
    if not taken:
        return {}
    parts = statistics.quantiles(taken, n=100, method="inclusive") if len(taken) > 1 else taken * 99
    return {name: round(value, 3) for name, value in (("p50", parts[49]), ("p99", parts[98]), ("max", max(taken)))}


def main() -> None:
    """Print one JSON line."""
    taken: list[float] = []
    late: list[float] = []
    with tempfile.TemporaryFile(dir=sys.argv[1]) as file:
        slept = time.perf_counter()
        while not select.select([sys.stdin], [], [], EVERY_S)[0]:
            late.append((time.perf_counter() - slept - EVERY_S) * 1e3)
            taken.append(synced_ms(file.fileno()))
            slept = time.perf_counter()
    print(json.dumps({"syncs": len(taken), **percentiles(taken), "woken_late_ms": percentiles(late)}))


if __name__ == "__main__":
    main()
