"""Cold start: from a new process to the first verdict, its memory, and what it has imported.

The baseline is a process that imports numpy and onnxruntime, makes a session of the same model and runs it once: no
digest, no self-test, no verdict. A third process does the same from the graph as onnxruntime has optimized it, saved
beforehand: what a cache of that graph could save at most. They take turns, and the median counts. From `Popen` to the
verdict, so Python's own start is in it; `cpu_s` is processor time, which a busy machine disturbs less.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 9
HEAVY = ("torch", "librosa", "scipy", "sklearn")
TARGETS = {"seconds": 1.5, "rss_mb": 200, "heavy": []}

BARE = """
import sys, time
import numpy as np
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
if sys.argv[2] == "optimized":
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
feed = {
    i.name: np.ones([n if isinstance(n, int) else 1 for n in i.shape], bool if "bool" in i.type else np.float32)
    for i in session.get_inputs()
}
session.run(None, feed)
"""
OURS = """
import sys, time
from pathlib import Path
import numpy as np
from deploy.runtime import Runtime
from qc_station.evaluation import verdict_of
runtime = Runtime(Path(sys.argv[1]))
part = {name: np.ones(stream.shape, stream.dtype) for name, stream in runtime.manifest.streams.items()}
scores = runtime.scores(part)
verdict_of(runtime.manifest, scores.outputs, scores.streams)
"""
TOLD = """
now, cpu = time.monotonic_ns(), time.process_time()
import json
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
heavy = [name for name in ("torch", "librosa", "scipy", "sklearn") if name in sys.modules]
print(json.dumps({"now": now, "cpu_s": cpu, "rss_mb": int(status["VmHWM"].split()[0]) / 1024, "heavy": heavy}))
"""


def started(code: str, *arguments: str) -> dict[str, Any]:
    """Seconds to the last line before TOLD, and what the process says of itself."""
    begun = time.monotonic_ns()
    done = subprocess.run(
        [sys.executable, "-c", code + TOLD, *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"seconds": (found["now"] - begun) / 1e9}


def optimized(model: Path, target: Path) -> Path:
    """The graph as onnxruntime has optimized it for this processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(target)
    onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return target


def bundle_in(folder: Path) -> Path:
    """A bundle of three streams with weights by chance, made in a process of its own."""
    code = "import sys; from pathlib import Path; from tests.benchmarks.shapes import bundle; print(bundle(Path(sys.argv[1])))"
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True, cwd=ROOT)
    return Path(done.stdout.strip().splitlines()[-1])


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, help="Without it one with weights by chance is made.")
    given = parser.parse_args().bundle
    with tempfile.TemporaryDirectory() as folder:
        bundle = given or bundle_in(Path(folder))
        saved = optimized(bundle / "model.onnx", Path(folder) / "optimized.onnx")
        calls = {
            "ours": (OURS, str(bundle)),
            "bare": (BARE, str(bundle / "model.onnx"), "plain"),
            "bare_optimized": (BARE, str(saved), "optimized"),
        }
        rounds = [
            {name: started(*calls[name]) for name in sorted(calls, reverse=bool(number % 2))}
            for number in range(ROUNDS + 1)
        ][1:]
    middle = {
        name: {
            key: round(statistics.median(one[name][key] for one in rounds), 4) for key in ("seconds", "cpu_s", "rss_mb")
        }
        for name in calls
    }
    heavy = sorted({name for one in rounds for name in one["ours"]["heavy"]})
    ratio = middle["ours"]["seconds"] / middle["bare"]["seconds"]
    result = {
        "benchmark": "cold_start",
        "baseline": "import numpy and onnxruntime, make a session of the same model, run it once",
        "ratio": round(ratio, 4),
        **middle,
        "saved_by_optimized_graph_cpu_s": round(middle["bare"]["cpu_s"] - middle["bare_optimized"]["cpu_s"], 4),
        "heavy": heavy,
        "model_mb": round((bundle / "model.onnx").stat().st_size / 2**20, 2) if given else None,
        "target": TARGETS,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
