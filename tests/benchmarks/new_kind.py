"""A class of real recordings that the champion never saw: forty labelled examples, one `retrain`, and what is found then.

Usage: QC_REAL_DATA=DATA python tests/benchmarks/new_kind.py [--set pv_modules] [--held Diode] [--labelled 40] [--seed 0]

Prints one JSON line: how many of the new kind are called by its name, which is what the bar asks of, and how many are
stopped (rejected or sent to review), which is what keeps them from the customer. The champion learns from the training
items of the other classes; then the examples are imported, at regular places among the training items of the class, and
the station retrains with its own default budget. Both are asked the test items: the baseline is the champion on the other
classes. Nothing should run beside it: retraining has the lowest priority.
"""

import argparse
import csv
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a bundle says of test items."""

    named: float
    """Share of those whose class it knows that it calls by their name; 0 where it knows none."""
    bad: Mapping[str, int]
    """Decisions about parts that are not good."""
    good: Mapping[str, int]
    """Decisions about good ones."""

    @classmethod
    def about(cls, bundle: str, source: Path) -> Self:
        """Evaluate it on the test split of a manifest."""
        said = run("evaluate", bundle, str(source), "--split", "test")
        counts = said["verdicts"]["counts"]
        return cls(named=said["tasks"]["label"]["accuracy"] or 0.0, bad=counts["not_ok"], good=counts["ok"])

    @property
    def stopped(self) -> float:
        """Share of the parts that are not good that do not pass."""
        return 1.0 - self.bad["PASS"] / sum(self.bad.values())


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
        asked_of = {"before": champion, "after": retrained["bundle"]}
        new = {when: Asked.about(bundle, held["test"]) for when, bundle in asked_of.items()}
        old = {when: Asked.about(bundle, others) for when, bundle in asked_of.items()}
    found, before, after = new["after"].named, old["before"].named, old["after"].named
    result = {
        "benchmark": "new_kind",
        "set": asked.set,
        "held_back": asked.held,
        "labelled": asked.labelled,
        "seed": asked.seed,
        "how": retrained["how"],
        "found": found,
        "stopped": {when: {"new": new[when].stopped, "others": old[when].stopped} for when in asked_of},
        "others_good": {when: dict(old[when].good) for when in asked_of},
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
