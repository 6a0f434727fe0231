"""Accuracy and training time on real recordings: mean and spread over seeds, beside shrinkage LDA on simple features.

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
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from qc_station.config.loading import load_station
from qc_station.figures.scoring import classification
from qc_station.items import Item
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


def features(item: Item) -> NDArray[np.float64]:
    """Simple features of all streams: log spectrum in 64 bands, 12 x 12 cells of the frame, log of the series."""
    parts = []
    for window in item.windows.values():
        data = window.astype(np.float64)
        if data.ndim == 3:
            rows = np.array_split(data[0], 12, axis=0)
            parts.append(np.array([cell.mean() for row in rows for cell in np.array_split(row, 12, axis=1)]))
        elif data.shape[-1] >= 512:
            power = np.abs(np.fft.rfft(data[0] * np.hanning(data.shape[-1]))) ** 2
            parts.append(np.log([band.mean() + 1e-3 for band in np.array_split(power, 64)]))
        else:
            parts.append(np.log1p(np.abs(data)).ravel())
    return np.concatenate(parts)


def baseline(source: Path, station: Path) -> dict[str, float | None]:
    """Shrinkage LDA (Ledoit-Wolf) on the simple features of the labelled training items that have every stream."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    config = load_station(station)
    read = read_manifest(source, config.streams, splits=("train", "test"))
    items = [i for i in read if "label" in i.labels and len(i.windows) == len(config.streams)]
    train, test = ([i for i in items if i.split == split] for split in ("train", "test"))
    classes = sorted({i.labels["label"] for i in train}, key=lambda c: (c not in config.ok_classes, c))
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    model.fit([features(i) for i in train], [classes.index(i.labels["label"]) for i in train])
    probabilities = model.predict_proba([features(i) for i in test])
    targets = np.array([classes.index(i.labels["label"]) for i in test])
    return classification(probabilities, targets, np.array([c in config.ok_classes for c in classes]))


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
        "baseline": "shrinkage LDA on simple features",
        "baseline_label": floor,
        "ratio": {name: figures[name]["mean"] / floor[name] for name in ("accuracy", "auc")},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
