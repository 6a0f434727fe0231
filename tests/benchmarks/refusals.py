"""How long the runtime takes to refuse what it cannot score, at batch 1 on windows as long as those of a real line.

`worst_p99_cpu_ms` is processor time, which a busy machine disturbs less than its clock. The baseline is one inference
of the same bundle: a refusal should cost less than the scores that it stands for.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.errors import InputError
from deploy.runtime import Runtime
from tests.benchmarks.shapes import bundle, windows

ROUNDS = 1000
TARGET_MS = 1.0


def bad_inputs(part: dict[str, np.ndarray]) -> dict[str, tuple[Any, ...]]:
    """Arguments of `Runtime.scores`, each wrong in one way."""
    spoilt = part["enose"].copy()
    spoilt[0, -1] = np.nan
    return {
        "shape": (part | {"acoustic": part["acoustic"][:, :-1]},),
        "dtype": (part | {"acoustic": part["acoustic"].astype(np.float32)},),
        "rate": (part, {"acoustic": 44100.0}),
        "nan": (part | {"enose": spoilt},),
        "unknown stream": (part | {"taste": spoilt},),
        "all absent": ({},),
        "no array": (part | {"thermal": part["thermal"].tolist()},),
    }


def main() -> None:
    """Print one JSON line; all take turns."""
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime(bundle(Path(folder)))
    part = {n: w[0] for n, w in windows(1).items()}
    spent: dict[str, list[float]] = {}
    busy: dict[str, list[float]] = {}
    said = {}
    for _ in range(ROUNDS):
        for name, arguments in {**bad_inputs(part), "scores": (part,)}.items():
            begun, worked = time.perf_counter_ns(), time.thread_time_ns()
            try:
                runtime.scores(*arguments)
            except InputError as error:
                said[name] = str(error)
            busy.setdefault(name, []).append((time.thread_time_ns() - worked) / 1e6)
            spent.setdefault(name, []).append((time.perf_counter_ns() - begun) / 1e6)
    taken = {name: {"p50": np.percentile(ms, 50), "p99": np.percentile(ms, 99)} for name, ms in spent.items()}
    worst = max(taken[name]["p99"] for name in said)
    result = {
        "benchmark": "refusals",
        "baseline": "one inference of the same bundle, p50",
        "ratio": round(max(taken[name]["p50"] for name in said) / taken["scores"]["p50"], 4),
        "worst_p99_ms": round(worst, 4),
        "worst_p99_cpu_ms": round(max(float(np.percentile(busy[name], 99)) for name in said), 4),
        "refused": sorted(said),
        "ms": {name: {key: round(float(value), 4) for key, value in row.items()} for name, row in taken.items()},
        "target": {"worst_p99_ms": TARGET_MS, "refused": 7},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
