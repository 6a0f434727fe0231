"""A class of real recordings that the champion never saw: forty labelled examples, one `retrain`, and what is found then.

Usage: QC_REAL_DATA=DATA python tests/benchmarks/new_kind.py [--set pv_modules] [--held Diode] [--labelled 40] [--seed 0]

Prints one JSON line. The champion learns from the training items of the other classes; then the examples are imported, at
regular places among the training items of the class, and the station retrains with its own default budget. Both are asked
the test items: the baseline is the champion on the other classes. Nothing should run beside it: retraining has the lowest
priority.
"""

import argparse
import csv
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.real.sets import manifest, prepare, run

FOUND, LOST, WITHIN_S = 0.9, 0.01, 300.0
"""Least share found, most accuracy lost on the others, longest retraining."""


def part_of(source: Path, name: str, chosen: Callable[[dict[str, str]], bool], most: int | None = None) -> Path:
    """A manifest of some of the rows, at regular places where there are more than `most`."""
    with source.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if chosen(row)]
    if most is not None and len(rows) > most:
        rows = [rows[place * len(rows) // most] for place in range(most)]
    target = source.with_name(f"{name}.csv")
    with target.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return target


def accuracy(bundle: str, source: Path) -> float:
    """Share of test items whose most likely class is their own."""
    found: float = run("evaluate", bundle, str(source), "--split", "test")["tasks"]["label"]["accuracy"]
    return found


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="pv_modules")
    parser.add_argument("--held", default="Diode")
    parser.add_argument("--labelled", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, line = manifest(asked.set, Path(folder)), Path(folder) / "line"
        others = part_of(source, "others", lambda row: row["label"] != asked.held)
        held = {
            split: part_of(source, split, lambda row, s=split: (row["label"], row["split"]) == (asked.held, s), most)
            for split, most in (("train", asked.labelled), ("test", None))
        }
        prepare(others, line)
        where = ("--station", str(line))
        champion = run("train", *where, "--seed", str(asked.seed))["bundle"]
        run("promote", champion, *where, "--who", "benchmark", "--despite", "what is measured is learning on")
        run("import", str(held["train"]), *where)
        began = time.monotonic()
        retrained = run("retrain", *where, "--who", "benchmark")
        spent_s = time.monotonic() - began
        found = accuracy(retrained["bundle"], held["test"])
        before, after = accuracy(champion, others), accuracy(retrained["bundle"], others)
    result = {
        "benchmark": "new_kind",
        "set": asked.set,
        "held_back": asked.held,
        "labelled": asked.labelled,
        "seed": asked.seed,
        "how": retrained["how"],
        "found": found,
        "baseline": "the champion on the test items of the other classes",
        "others_before": before,
        "others_after": after,
        "ratio": after / before,
        "seconds": spent_s,
        "met": found >= FOUND and before - after <= LOST and spent_s <= WITHIN_S,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
