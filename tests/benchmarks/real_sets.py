"""Accuracy and training time on real recordings: mean and spread over seeds, beside the classical floor.

Usage: QC_REAL_DATA=DATA python tests/benchmarks/real_sets.py SET [--seeds 3] [--level] [--folds 5]

Prints one JSON line. SET is a name of make_manifests. --level switches level normalization on. --folds cuts all items
into contiguous blocks instead: each block is tested once, the next one validates, the others train.
The figures of composite sets are composed: their recordings come from different objects, joined by their labels.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.floor import Floor
from qc_station.config.loading import load_station
from qc_station.figures.scoring import classification
from qc_station.learning.datasets import as_dataset, find_tasks, input_spec
from qc_station.manifest.reading import read_manifest
from tests.real.sets import manifest, prepare, run

NAMES = ("accuracy", "auc", "macro_f1", "log_loss", "ece")


def blocked(source: Path, folds: int) -> Iterator[Path]:
    """The manifest with contiguous blocks of items as test and validation split, one after the other."""
    with source.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    # Items of one group stay together: blocks end where a group does.
    groups = list(dict.fromkeys(row["group"] for row in rows))
    blocks = [set(block) for block in np.array_split(np.array(groups), folds)]
    for number, test in enumerate(blocks):
        val = blocks[(number + 1) % folds]
        target = source.with_name(f"fold{number}.csv")
        with target.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, list(rows[0]))
            writer.writeheader()
            for row in rows:
                row["split"] = "test" if row["group"] in test else "val" if row["group"] in val else "train"
                writer.writerow(row)
        yield target


def baseline(source: Path, station: Path) -> dict[str, float | None]:
    """The classical floor: fitted on the training items, its temperatures from validation, measured on the test items."""
    config = load_station(station)
    read = list(read_manifest(source, config.streams))
    parts = {split: [item for item in read if item.split == split] for split in ("train", "val", "test")}
    tasks = find_tasks(config, parts["train"])
    task = next(task for task in tasks if task.name == "label")
    train, val, test = (as_dataset(items, config.inspecting, tasks) for items in parts.values())
    floor = Floor([input_spec(name, stream) for name, stream in config.inspecting.items()], task, train)
    floor.calibrate(val)
    known = ~np.isnan(test.targets["label"])
    probabilities = floor.predict_proba(test)[known].astype(np.float32)
    ok = np.array([c in config.ok_classes for c in task.classes])
    return classification(probabilities, test.targets["label"][known].astype(np.int64), ok)


def once(source: Path, station: Path, seed: int, level: bool) -> dict[str, Any]:
    """Train with one seed and measure the test split."""
    if not station.exists():
        prepare(source, station)
        config = station / "station.toml"
        config.write_text(
            config.read_text().replace("level_normalization = false", f"level_normalization = {str(level).lower()}")
        )
    training = run("train", "--station", str(station), "--seed", str(seed))
    result = run("evaluate", training["bundle"], str(source)) | {"seconds": training["seconds"]}
    print(
        f"{station.name} seed {seed}: {training['ended']}, {training['seconds']} s, {result['tasks']['label']}",
        file=sys.stderr,
    )
    return result


def spread(results: list[dict[str, Any]], name: str) -> dict[str, float]:
    """Mean, least and largest of a figure of `label`."""
    values = [result["tasks"]["label"][name] for result in results]
    return {"mean": float(np.mean(values)), "min": min(values), "max": max(values)}


def main() -> None:
    """Run what the command line names and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int)
    parser.add_argument("--level", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = manifest(chosen.set, Path(folder))
        sources = list(blocked(source, chosen.folds)) if chosen.folds else [source]
        stations = [Path(folder) / f"line{n}" for n in range(len(sources))]
        results = [
            once(s, line, seed, chosen.level)
            for s, line in zip(sources, stations, strict=True)
            for seed in range(chosen.seeds)
        ]
        floors = [baseline(s, line) for s, line in zip(sources, stations, strict=True)]
    figures = {name: spread(results, name) for name in NAMES}
    floor = {name: float(np.mean([f[name] for f in floors])) for name in NAMES}
    report = {
        "benchmark": "real_sets",
        "set": chosen.set,
        "composed": chosen.set.startswith("composite"),
        "level_normalization": chosen.level,
        "blocked_folds": chosen.folds,
        "trainings": len(results),
        "label": figures,
        "subsets": [{n: {k: f[k] for k in ("accuracy", "auc")} for n, f in r["subsets"].items()} for r in results],
        "train_seconds": [r["seconds"] for r in results],
        "latency_ms": results[0]["latency_ms"],
        "baseline": "classical floor (models/floor.py): shrinkage LDA of each stream on simple features, fused late",
        "baseline_label": floor,
        "ratio": {name: figures[name]["mean"] / floor[name] for name in ("accuracy", "auc")},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
