"""From a part that passes the line to a training item, by commands alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qc_station.cli import cli
from qc_station.line.wired import WiredLine
from qc_station.store import Store
from sensors.simulated.line import Pace

PARTS = 4


def run(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(cli, [*arguments, "--json"])
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_what_the_line_sent_to_review_is_labelled_and_becomes_training_items_of_one_group(tmp_path: Path) -> None:
    with WiredLine(tmp_path, seed=3, parts=PARTS, pace=Pace(rate_hz=2.0, lead_s=8.0)) as floor:
        run("run", "--station", str(tmp_path), "--parts", str(PARTS))
        truth = {passing.part.name: passing.part.labels["label"] for passing in floor.passings}
    station = ("--station", str(tmp_path))
    waiting = run("review", *station)["review"]
    assert {one["item"] for one in waiting} == set(truth)
    assert len({one["group"] for one in waiting}) == 1
    for name, kind in truth.items():
        run("label", name, kind, "--new-class", "--by", "ann", *station)
    assert run("review", *station)["review"] == run("review", *station)["next"] == []
    with Store.open(tmp_path) as store:
        found = {entry.name: entry for entry in store.entries()}
    assert {name: entry.labels["label"] for name, entry in found.items()} == truth
    assert {entry.split for entry in found.values()} == {"train"}
