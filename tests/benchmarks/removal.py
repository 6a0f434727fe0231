"""What the loss of a sensor costs a network that was trained with all of them.

Usage: QC_REAL_DATA=DATA python tests/benchmarks/removal.py SET [--seeds 3] [--threads 2]

Baseline of each sensor: a network of the same seed that was trained without it, on the same test items. Asked is an
accuracy no more than 1.5 points below that. Prints one JSON line.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.settings import Settings
from tests.benchmarks.real_arrays import RealSet

ALLOWED_POINTS = 1.5


def main() -> None:
    """Train with all sensors and without each, with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    real = RealSet.read(chosen.set)
    streams = [spec.name for spec in real.specs]
    fewer = {stream: real.without(stream) for stream in streams}
    found: dict[str, dict[str, list[float]]] = {s: {"removed": [], "without": []} for s in streams}
    for seed in range(chosen.seeds):
        settings = Settings(seed=seed)
        whole = real.trained(settings)
        for stream in streams:
            left = [name for name in streams if name != stream]
            apart = fewer[stream].trained(settings)
            found[stream]["removed"].append(float(real.figures(whole, left)["accuracy"] or 0))
            found[stream]["without"].append(float(fewer[stream].figures(apart, left)["accuracy"] or 0))
            print(seed, stream, {name: values[-1] for name, values in found[stream].items()}, file=sys.stderr)
    rows = {s: {name: float(np.mean(values)) for name, values in table.items()} for s, table in found.items()}
    report = {
        "benchmark": "removal",
        "set": chosen.set,
        "composed": chosen.set.startswith("composite"),
        "seeds": chosen.seeds,
        "baseline": "accuracy of a network trained without that sensor, same test items",
        "allowed_points": ALLOWED_POINTS,
        "points_lost": {s: round(100 * (r["without"] - r["removed"]), 2) for s, r in rows.items()},
        "ratio": {s: round(r["removed"] / r["without"], 3) for s, r in rows.items()},
        "accuracy": rows,
        "each_seed": found,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
