"""Parts a second through the exported graph at batches of 1 to 32 with one and two threads, against batch 1 on one.

The same demo network as `runtime_latency`; sessions take turns at each size, and the median of the rounds counts.

Usage: python tests/benchmarks/throughput.py [--rounds 60]
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.export import to_onnx
from deploy.runtime import PRESENCE, session
from tests.benchmarks.demo_network import SPECS, deciding, windows
from tests.benchmarks.timing import in_turn

BATCHES = (1, 2, 4, 8, 16, 32)
THREADS = (1, 2)


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    built = deciding()
    model, outputs = to_onnx(built), built.output_names()
    sessions = {threads: session(model, threads) for threads in THREADS}
    calls = {}
    for batch in BATCHES:
        feed = {n: w.astype(np.float32) for n, w in windows(batch, seed=batch).items()}
        feed[PRESENCE] = np.ones((batch, len(SPECS)), np.bool_)
        for threads, one in sessions.items():
            calls[batch, threads] = partial(one.run, outputs, feed)
    spent = in_turn({f"{batch} x {threads}": call for (batch, threads), call in calls.items()}, rounds)
    rates = {name: int(name.split()[0]) / float(np.median(times)) * 1e3 for name, times in spent.items()}
    best = max(rates, key=lambda name: rates[name])
    result = {
        "benchmark": "throughput",
        "baseline": "parts a second at batch 1 on one thread",
        "ratio": round(rates[best] / rates["1 x 1"], 3),
        "best": best,
        "parts_per_second": {name: round(rate, 1) for name, rate in rates.items()},
        "rounds": rounds,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
