"""Raw windows to scores by `Runtime.scores` against a bare `InferenceSession.run` of the same graph, at batch 1."""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.runtime import PRESENCE, Runtime
from tests.benchmarks.shapes import SPECS, bundle, windows

ROUNDS = 2000
WARM_UP = 100


def nanoseconds(call: Callable[[], object]) -> int:
    """Of one call."""
    started = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - started


def main() -> None:
    """Print one JSON line; the two take turns, each first in half of the rounds."""
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime(bundle(Path(folder)))
    part = {n: w[0] for n, w in windows(1).items()}
    feed = {n: w.astype(np.float32)[None] for n, w in part.items()} | {PRESENCE: np.ones((1, len(SPECS)), np.bool_)}
    names = list(runtime.manifest.outputs)
    spent: dict[str, list[int]] = {"bare": [], "scores": []}
    calls = {"bare": lambda: runtime.session.run(names, feed), "scores": lambda: runtime.scores(part)}
    for number in range(ROUNDS + WARM_UP):
        for name in sorted(calls, reverse=bool(number % 2)):
            took = nanoseconds(calls[name])
            if number >= WARM_UP:
                spent[name].append(took)
    bare, scores = statistics.median(spent["bare"]), statistics.median(spent["scores"])
    result = {
        "benchmark": "runtime_overhead",
        "baseline": "InferenceSession.run of the same graph with a prepared feed",
        "ratio": round(scores / bare, 4),
        "scores_ms": round(scores / 1e6, 4),
        "bare_ms": round(bare / 1e6, 4),
        "target": 1.15,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
