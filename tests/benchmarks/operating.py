"""How often a promise about escapes is broken, and how often sets of classes hold the true one.

Usage: python tests/benchmarks/operating.py [BUNDLE MANIFEST] [--units 400] [--limit 0.01] [--coverage 0.9]

Prints one JSON line. The parts of the manifest's test split, or without arguments those of a simulated line on which a
network is trained for a few epochs, are all that is known: their own rate of escapes is the true one. 500 splits of so
many bad parts are drawn from them; each sets the threshold of PASS. The baseline takes the largest threshold whose rate
on its own split is at most the limit, as one reads it off a table. Then sets of classes over 200 splits, beside one
threshold for all classes.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from deploy.runtime import Runtime
from qc_station.figures.rates import most_misses
from qc_station.operating.held import Held, held_out
from qc_station.operating.parts import of_manifest
from qc_station.operating.proof import tightened
from qc_station.operating.sets import ENOUGH, others, quantile, set_figures

SPLITS = 500
PARTS, EPOCHS = 1500, 6


def simulated() -> tuple[Runtime, Held]:
    """A network trained on the first parts of a simulated shift, and the last of them."""
    import msgspec

    from qc_station.learning.training import train_candidate
    from qc_station.line.shift import grouped, split_by_time
    from qc_station.line.simulation import shift, station

    config = station()
    config = msgspec.structs.replace(config, training=msgspec.structs.replace(config.training, epochs=EPOCHS))
    items = split_by_time(grouped(((s, p.labels) for s, p in shift(7, PARTS)), shift="benchmark"))
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime(train_candidate(config, items, Path(folder)).folder)
    return runtime, held_out(runtime, (item for item in items if item.split == "test"))


def given(bundle: Path, manifest: Path) -> tuple[Runtime, Held]:
    """A bundle and the test split of a manifest."""
    runtime = Runtime(bundle)
    return runtime, held_out(runtime, of_manifest(manifest, runtime.manifest, "test", None))


def broken(bad: NDArray[np.float64], drawn: NDArray[np.float64], allowed: int, limit: float) -> dict[str, float]:
    """Share of the splits whose threshold breaks the promise, and the mean share of bad parts that it lets pass."""
    thresholds = tightened(drawn, allowed, 1.0)
    escapes = np.searchsorted(bad, thresholds, side="right") / len(bad)
    return {"broken": float((escapes > limit).mean()), "escapes": round(float(escapes.mean()), 5)}


def one_for_all(held: Held, coverage: float) -> dict[str, float]:
    """The worst class of ENOUGH parts under one threshold for all classes, which is set by the same parts."""
    known = held.truth >= 0
    truth = held.truth[known]
    own = others(held.probabilities[known])[np.arange(len(truth)), truth]
    limit = quantile(own, coverage)
    large = [c for c in np.unique(truth) if (truth == c).sum() >= ENOUGH]
    return {"worst_class": round(min(float((own[truth == c] <= limit).mean()) for c in large), 4)}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("paths", nargs="*", type=Path, metavar="BUNDLE MANIFEST")
    parser.add_argument("--units", type=int, default=400)
    parser.add_argument("--limit", type=float, default=0.01)
    parser.add_argument("--coverage", type=float, default=0.9)
    options = parser.parse_args()
    runtime, held = given(*options.paths) if options.paths else simulated()
    bad = np.sort(np.where(held.may_pass, held.bad, np.inf)[~held.good])
    drawn = np.random.default_rng(0).choice(bad, (SPLITS, options.units))
    ours = broken(bad, drawn, most_misses(options.units, options.limit, 0.95), options.limit)
    naive = broken(bad, drawn, int(options.units * options.limit), options.limit)
    figures = set_figures(held, runtime.manifest.tasks["label"].classes, options.coverage)
    covered = [one.coverage for one in figures.classes.values() if one.own and one.coverage is not None]
    result: dict[str, Any] = {
        "benchmark": "operating",
        "simulated": not options.paths,
        "baseline": "the largest threshold whose rate on its own split is at most the limit",
        "ratio": round(ours["broken"] / naive["broken"], 4) if naive["broken"] else None,
        "confidence": 0.95,
        "limit": options.limit,
        "bad_parts": len(bad),
        "splits": SPLITS,
        "ours": ours,
        "naive": naive,
        "sets": {
            "coverage": figures.coverage and round(figures.coverage, 4),
            "worst_class": round(min(covered), 4),
            "average_size": figures.average_size and round(figures.average_size, 3),
            "splits": figures.splits,
            "one_threshold_for_all": one_for_all(held, options.coverage),
        },
        "target": {"broken": 0.05, "coverage": [0.89, 0.915]},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
