"""How long `qc-station --help` takes against an empty Python and against importing click alone."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 9
COMMANDS = {
    "help": [sys.executable, "-m", "qc_station", "--help"],
    "python": [sys.executable, "-c", "pass"],
    "click": [sys.executable, "-c", "import click"],
}


def seconds(command: list[str]) -> float:
    """Wall time of one process."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Print one JSON line; the commands take turns, so that a busy machine slows all alike."""
    installed = Path(sys.executable).with_name("qc-station")
    if installed.exists():
        COMMANDS["help"] = [str(installed), "--help"]
    spent: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            spent[name].append(seconds(command))
    median = {name: statistics.median(times) for name, times in spent.items()}
    result = {
        "benchmark": "help_time",
        "baseline": "python -c pass",
        "ratio": round(median["help"] / median["python"], 2),
        "ratio_to_import_click": round(median["help"] / median["click"], 2),
        "help_s": round(median["help"], 4),
        "python_s": round(median["python"], 4),
        "click_s": round(median["click"], 4),
        "target_s": 0.4,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
