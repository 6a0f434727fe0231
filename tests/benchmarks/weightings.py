"""Every weighting of the cumulative loss beside the classical floor, on real recordings.

Usage: QC_REAL_DATA=DATA python tests/benchmarks/weightings.py SET [--epochs N] [--seeds 1] [--threads 2] [NAME ...]

All trainings have the same number of passes over the same items, whatever a weighting costs; the seconds are beside it.
The spread of `fixed` over seeds says which differences mean nothing. One line for people as each ends, then one JSON line.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.settings import Settings
from models.weighting import names
from tests.benchmarks.real_arrays import RealSet

FIGURES = ("accuracy", "ok_accuracy", "auc", "macro_f1", "log_loss")


def row(real: RealSet, weighting: str, epochs: int | None, seeds: int) -> dict[str, object]:
    """Mean, least and largest of each figure over seeds."""
    began, found = time.perf_counter(), []
    for seed in range(seeds):
        settings = Settings(weighting=weighting, epochs=epochs, seed=seed, budget_s=1e9)
        found.append(real.figures(real.trained(settings)))
    seconds = (time.perf_counter() - began) / seeds
    result: dict[str, object] = {"weighting": weighting, "seconds": round(seconds)}
    for name in FIGURES:
        values = [one[name] for one in found if one[name] is not None]
        result[name] = [round(float(f(values)), 4) for f in (np.mean, min, max)] if values else None
    print(result, file=sys.stderr, flush=True)
    return result


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("weightings", nargs="*", metavar="NAME")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_intermixed_args()
    torch.set_num_threads(chosen.threads)
    real = RealSet.read(chosen.set)
    floor = real.floor()
    rows = [row(real, name, chosen.epochs, chosen.seeds) for name in chosen.weightings or names()]
    accuracies = {str(r["weighting"]): r["accuracy"][0] for r in rows if isinstance(r["accuracy"], list)}
    report = {
        "benchmark": "weightings",
        "set": chosen.set,
        "composed": chosen.set.startswith("composite"),
        "epochs": chosen.epochs,
        "seeds": chosen.seeds,
        "baseline": "classical floor (models/floor.py)",
        "floor": {name: floor[name] for name in FIGURES},
        "ratio": {name: round(value / float(floor["accuracy"] or 1), 3) for name, value in accuracies.items()},
        "rows": rows,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
