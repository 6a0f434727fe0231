"""How long the disk itself takes to sync, beside something else that is measured.

Appends a page to a file and syncs it every 50 ms until its standard input ends; then prints milliseconds as one JSON
line. A process of its own, so that nobody's interpreter lock is in the figures.

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


def main() -> None:
    """Print one JSON line."""
    taken: list[float] = []
    with tempfile.TemporaryFile(dir=sys.argv[1]) as file:
        while not select.select([sys.stdin], [], [], EVERY_S)[0]:
            taken.append(synced_ms(file.fileno()))
    parts = statistics.quantiles(taken, n=100, method="inclusive") if len(taken) > 1 else taken * 99
    found = {"p50": parts[49], "p99": parts[98], "max": max(taken)} if taken else {}
    print(json.dumps({"syncs": len(taken), **{name: round(value, 3) for name, value in found.items()}}))


if __name__ == "__main__":
    main()
