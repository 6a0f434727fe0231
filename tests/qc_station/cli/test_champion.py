"""promote, rollback and models as a program calls them, and `run` with the champion."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qc_station.champion.record import read_champions
from qc_station.cli import cli
from qc_station.config.writing import write_station
from qc_station.items import Split
from qc_station.store import Store
from tests.told_bundle import CLASSES, CONFIG, GOOD_FIGURES, told_bundle, told_item


def call(*arguments: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(cli, [*arguments, "--json"])
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """Nine parts of the test split: row 0 is right about all, row 1 about two thirds."""
    write_station(tmp_path, CONFIG)
    other = {"ok": "crack", "crack": "ok", "leak": "ok"}
    kinds = [CLASSES[number % 3] for number in range(9)]
    with Store.open(tmp_path) as store:
        items = [told_item(f"p{n}", kind, kind, other[kind] if n < 3 else kind) for n, kind in enumerate(kinds)]
        store.add_items(items, CONFIG.streams)
    return tmp_path


def test_a_bundle_is_promoted_by_its_name_and_the_one_before_comes_back(station: Path) -> None:
    first, second = (told_bundle(station / "bundles", row).name for row in (1, 0))
    where = ("--station", str(station))
    found = call("promote", first, *where, "--who", "ann", "--why", "first day")
    assert found["champion"]["who"] == "ann"
    assert found["runs_on"]["provider"] == "CPUExecutionProvider"
    assert [trial["fault"] for trial in found["runs_on"]["trials"]][:1] == [""]
    assert found["figures"]["accuracy"] | {"lower": 0, "upper": 0} == {"count": 6, "total": 9, "lower": 0, "upper": 0}
    found = call("promote", str(station / "bundles" / second), *where, "--who", "bob")
    assert found["before"].startswith(first)
    assert (found["compared"]["classes"]["only_first"], found["compared"]["worse"]) == (3, [])
    assert call("rollback", *where, "--who", "ann")["champion"]["bundle"].startswith(first)
    assert "nothing to roll back to" in call("rollback", *where, "--who", "ann", code=1)["error"]
    assert [reign.act for reign in read_champions(station).history] == ["promoted", "promoted", "rolled back"]


def test_a_failed_gate_exits_with_1_unless_it_is_overruled_with_a_reason(station: Path) -> None:
    low = told_bundle(
        station / "bundles", 0, figures=GOOD_FIGURES | {"floor": {"beaten": False, "message": "below the floor"}}
    )
    words = ("promote", low.name, "--station", str(station), "--who", "ann")
    assert call(*words, code=1)["error"] == f"bundle {low.name} is not promoted: below the floor"
    assert CliRunner().invoke(cli, [*words, "--despite", " "]).exit_code == 2
    assert call(*words, "--despite", "a trial")["champion"]["despite"] == ["below the floor"]


def test_a_bundle_that_is_not_there_is_wrong_usage(station: Path) -> None:
    done = CliRunner().invoke(cli, ["promote", "nothing", "--station", str(station)])
    assert done.exit_code == 2
    assert "no bundle 'nothing'" in done.output


def test_models_shows_people_and_programs_every_bundle_with_bounds(station: Path) -> None:
    best, other = (told_bundle(station / "bundles", row) for row in (0, 1))
    call("promote", best.name, "--station", str(station), "--who", "ann")
    words = ("models", "--station", str(station), "--no-floor")
    found = call(*words)
    assert found["challenge"] == {"split": "test", "items": 9}
    assert [(one["role"], one["bundle"][:12]) for one in found["bundles"]] == [
        ("champion", best.name),
        ("candidate", other.name),
    ]
    candidate = found["bundles"][1]
    assert candidate["figures"]["escape"]["count"] == 2
    assert candidate["compared"]["classes"]["only_second"] == 3
    shown = CliRunner().invoke(cli, list(words), env={"COLUMNS": "240"}).stdout
    assert "6 of 9 (66.7 %" in shown
    assert "9 parts of the split test" in shown
    narrow = CliRunner().invoke(cli, list(words), env={"COLUMNS": "80"}).stdout
    assert best.name in narrow
    assert other.name in narrow
    assert "candidate" in narrow
    gates = told_bundle(station / "bundles", 2, figures={"parity": {"max_abs_difference": 0.5}})
    (other / "model.onnx").write_bytes(b"")
    said = CliRunner().invoke(cli, list(words), env={"COLUMNS": "80"}).stdout.splitlines()
    assert (
        f"{gates.name} would not be promoted: its export differs from its training by 0.5; at most 1e-05 is allowed"
        in said
    )
    assert any(line.startswith(f"{other.name} would not be promoted: ") and "model.onnx" in line for line in said)


def test_the_floor_is_tested_against_the_champion_too(station: Path) -> None:
    champion = told_bundle(station / "bundles", 1)
    call("promote", champion.name, "--station", str(station), "--who", "ann")
    with Store.open(station) as store:
        # What teaches is as row 0 sees it, so that the floor is right where the champion is not.
        splits: tuple[Split, ...] = ("train", "train", "train", "val")
        lessons = [
            told_item(f"{split}-{n}-{kind}", kind, kind, kind, split=split)
            for n, split in enumerate(splits * 2)
            for kind in CLASSES
        ]
        store.add_items(lessons, CONFIG.streams)
    floor = call("models", "--station", str(station))["floor"]
    test = floor["compared"]["classes"]
    assert floor["accuracy"]["count"] - 6 == test["only_first"] - test["only_second"]
    shown = CliRunner().invoke(cli, ["models", "--station", str(station)], env={"COLUMNS": "240"}).stdout
    assert f"+{test['only_first']} -{test['only_second']}, p {test['p']:.2g}" in shown


def test_a_line_starts_with_the_champion_and_refuses_one_that_is_damaged(station: Path) -> None:
    bundle = told_bundle(station / "bundles", 0)
    call("promote", bundle.name, "--station", str(station), "--who", "ann")
    assert "[trigger]" in call("run", "--station", str(station), code=2)["error"]
    (bundle / "model.onnx").write_bytes(b"")
    assert "model.onnx" in call("run", "--station", str(station), code=1)["error"]
