"""What novelty costs in the graph, and what it finds when one kind of defect is left out of training.

Usage: python tests/benchmarks/novelty.py [--parts 800] [--epochs 8] [--left-out leak ...]

Prints one JSON line about the simulated line: milliseconds of one part through the exported graph with and without
novelty, measured in turn on one thread; for every class left out the AUROC of each p-value, and the share of each
class's later parts at or under the threshold that a bundle with so few validation items would keep.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from deploy.export import to_onnx
from deploy.runtime import PRESENCE, session
from models.deciding import Deciding
from models.injection import Dataset, InputSpec
from models.novelty.leaving_out import LeftOut, leave_out, p_values
from models.settings import Settings
from models.tasks import Task, tasks_of
from qc_station.learning.datasets import as_dataset, input_spec
from qc_station.line.shift import grouped, split_by_time
from qc_station.line.simulation import shift, station
from qc_station.novelty import is_novel, reachable

SPLITS = ("train", "val", "test")
ROUNDS = 300
WANTED = 0.01


def line(parts: int) -> tuple[list[InputSpec], tuple[Task, ...], list[Dataset]]:
    """A simulated shift, split by time."""
    streams = station().inspecting
    items = split_by_time(grouped(((s, p.labels) for s, p in shift(7, parts)), shift="benchmark"))
    columns: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for column, text in item.labels.items() if item.split == "train" else ():
            columns[column].append(text)
    tasks = tasks_of(columns)
    data = [as_dataset([i for i in items if i.split == split], streams, tasks) for split in SPLITS]
    return [input_spec(name, stream) for name, stream in streams.items()], tasks, data


def found(left: LeftOut, test: Dataset, classes: Sequence[str]) -> dict[str, Any]:
    """Figures of one class left out."""
    assert left.deciding.novelty is not None
    threshold = reachable(WANTED, left.deciding.novelty.smallest)
    novel, label = is_novel(p_values(left.deciding, test)["novelty"], threshold), test.targets["label"]
    shares = {name: round(float(novel[label == place].mean()), 3) for place, name in enumerate(classes)}
    auroc = {name: round(value, 3) for name, value in left.auroc.items()}
    return {"auroc": auroc, "threshold": round(threshold, 4), "novel": shares, "parts": [left.novel, left.known]}


def cost(deciding: Deciding, test: Dataset) -> dict[str, float]:
    """Median and tenth percentile of the processor's milliseconds for one part, with and without."""
    whole = to_onnx(deciding)
    deciding.novelty = None
    sessions = {"with": session(whole, 1), "without": session(to_onnx(deciding), 1)}
    feed = {name: windows[:1].astype(np.float32) for name, windows in test.windows.items()}
    feed[PRESENCE] = np.ones((1, len(feed)), np.bool_)
    spent: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(ROUNDS):
        for name, runs in sessions.items():
            started = time.thread_time_ns()
            runs.run(None, feed)
            spent[name].append((time.thread_time_ns() - started) / 1e6)
    points = (("p50", 50), ("p10", 10))
    return {f"{n} {p}": round(float(np.percentile(v, q)), 3) for n, v in spent.items() for p, q in points}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", type=int, default=800)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--left-out", nargs="*", default=["crack", "overheat", "leak", "loose"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    specs, tasks, data = line(options.parts)
    classes = next(task.classes for task in tasks if task.name == "label")
    result: dict[str, Any] = {"simulated": True, "parts": options.parts, "left_out": {}}
    for name in options.left_out:
        left = leave_out(name, specs, tasks, *data, Settings(epochs=options.epochs))
        result["left_out"][name] = found(left, data[2], classes)
    result["processor_ms"] = cost(left.deciding, data[2])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
