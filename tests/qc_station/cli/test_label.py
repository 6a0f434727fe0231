"""Labels and the queue of those who give them, from the command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from qc_station.cli import cli
from qc_station.config.station import StationConfig
from qc_station.config.writing import write_station
from qc_station.items import Item
from qc_station.learning.datasets import split_items
from qc_station.store import Store
from tests.synthetic import TABLES

CONFIG = StationConfig(name="line1", streams=TABLES)


def run(command: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(cli, [command, *arguments, "--json"])
    return done.exit_code, json.loads(done.stdout.splitlines()[-1])


def said(command: str, *arguments: str) -> str:
    done = CliRunner().invoke(cli, [command, *arguments])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def part(name: str, group: str = "live-0000") -> Item:
    return Item(name=name, group=group, split=None, windows={"enose": np.ones((3, 8), np.float32)})


@pytest.fixture
def station(tmp_path: Path) -> str:
    write_station(tmp_path, CONFIG)
    with Store.open(tmp_path) as store:
        store.add_items([part("p1"), part("p2"), part("p3", "live-0001")], TABLES, who="line")
        for name, bad in (("p1", 0.45), ("p2", 0.1), ("p3", 0.3)):
            scores = {"label": {"ok": 1 - bad, "crack": bad}}
            store.record_decision(
                part=name, verdict="REVIEW", reason="not sure", scores=scores, bundle=None, latency_ms={}
            )
    return str(tmp_path)


def test_review_lists_what_waits_and_what_to_label_first(station: str) -> None:
    code, answer = run("review", "--station", station, "--next", "2")
    assert code == 0
    assert [one["item"] for one in answer["review"]] == ["p1", "p2", "p3"]
    assert [one["item"] for one in answer["next"]] == ["p1", "p3"]
    assert answer["next"][0]["reason"] == "ok 0.55 or crack 0.45: a margin of 0.10"
    assert answer["next"][0]["files"] == {"enose": "items/enose/p1.csv"}
    text = said("review", "--station", station)
    assert "3 parts wait for review" in text
    assert "not sure" in text


def test_review_scores_afresh_with_a_bundle(station: str, bundle_folder: Path) -> None:
    _, before = run("review", "--station", station)
    _, after = run("review", "--station", station, "--bundle", str(bundle_folder))
    assert set(after["next"][0]["scores"]) == {"ok", "crack", "leak"}
    assert set(before["next"][0]["scores"]) == {"ok", "crack"}


def test_a_label_is_given_shown_and_taken_back(station: str) -> None:
    code, answer = run("label", "p1", "crack", "--new-class", "--severity", "2", "--station", station, "--by", "ann")
    assert (code, answer["labels"], answer["split"]) == (0, {"label": "crack", "severity": "2"}, "train")
    assert [(row["column"], row["who"]) for row in answer["history"]] == [("label", "ann"), ("severity", "ann")]
    assert said("label", "p1", "ok", "--station", station, "--by", "bob") == "p1: label ok, severity 2 (said by bob)\n"
    shown = said("label", "p1", "--station", station)
    assert shown.startswith("p1: label ok, severity 2\n")
    assert shown.count("ann: ") == 2
    assert "taken back" in said("label", "p1", "--undo", "--station", station, "--by", "bob")
    assert run("label", "p1", "--undo", "--station", station, "--by", "bob")[1]["labels"] == {}
    code, answer = run("label", "p1", "--undo", "--station", station, "--by", "bob")
    assert code == 1
    assert "nothing to take back" in answer["error"]


def test_what_is_labelled_waits_no_longer(station: str) -> None:
    run("label", "p1", "ok", "--station", station, "--by", "ann")
    _, answer = run("review", "--station", station)
    assert [one["item"] for one in answer["review"]] == ["p2", "p3"]
    assert "p1" not in [one["item"] for one in answer["next"]]


def test_a_wrong_class_exits_with_2_and_an_unknown_item_with_1(station: str) -> None:
    code, answer = run("label", "p1", "krack", "--station", station, "--by", "ann")
    assert code == 2
    assert answer["error"] == "class 'krack' is unknown at this station; allowed: ok, or --new-class to add it"
    code, answer = run("label", "p9", "ok", "--station", station, "--by", "ann")
    assert code == 1
    assert "no item named 'p9'" in answer["error"]


@pytest.mark.parametrize("words", [("ok", "--undo"), ("--undo", "--stream", "enose"), ("--new-class",)])
def test_what_makes_no_sense_is_wrong_usage(station: str, words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(cli, ["label", "p1", *words, "--station", station]).exit_code == 2


def test_a_login_without_a_name_is_asked_who_labels(station: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nobody)
    done = CliRunner().invoke(cli, ["label", "p1", "ok", "--station", station])
    assert done.exit_code == 2
    assert "say who labels with --by" in done.stderr
    assert said("label", "p1", "--station", station) == "p1: no label\n"


def test_labels_are_given_while_the_line_has_the_store_open(station: str) -> None:
    with Store.open(Path(station)) as line:
        command = [sys.executable, "-m", "qc_station", "label", "p1", "ok", "--station", station, "--by", "ann"]
        subprocess.run(command, check=True, capture_output=True)
        assert {e.name: e.labels for e in line.entries()}["p1"] == {"label": "ok"}
        line.add_items([part("p4")], TABLES)
        assert [entry.name for entry in line.entries()] == ["p1", "p2", "p3", "p4"]


def test_labelled_live_parts_are_training_items_and_their_groups_stay_whole(station: str) -> None:
    with Store.open(Path(station)) as store:
        store.add_items([part(f"n{n}", f"live-{n:04d}") for n in range(2, 12)], TABLES)
        for entry in store.entries():
            store.say(entry.name, {"label": "ok" if entry.name < "p" else "crack"}, "ann")
        splits = split_items(store.items(splits=("train", "val", None)))
    assert {item.split for item in (*splits.train, *splits.val)} == {"train"}
    assert splits.val
    assert not {i.group for i in splits.train} & {i.group for i in splits.val}


def test_the_loop_imports_no_torch() -> None:
    script = (
        "import sys, qc_station.cli.label, qc_station.cli.review, qc_station.labelling.statement\n"
        "import qc_station.labelling.queue, qc_station.labelling.scoring\n"
        "print(sorted({'torch', 'librosa', 'scipy', 'sklearn', 'models'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
