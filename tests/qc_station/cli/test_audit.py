"""`qc-station audit` prints what it found and fails where there is a fault."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qc_station.cli import cli
from tests.qc_station.audit.scene import clean, first_of, with_window
from tests.qc_station.audit.test_material import station, write


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["audit", *arguments])


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    items = clean()
    train, test = first_of(items, "train", "ok"), first_of(items, "test", "ok")
    with_window(items, test, "thermal", items[train].windows["thermal"][..., ::-1].copy())
    return write(tmp_path_factory.mktemp("leaking") / "set", items)


def test_a_clean_manifest_passes(tmp_path: Path) -> None:
    done = run(str(write(tmp_path / "set", clean())))
    assert done.exit_code == 0
    assert "150 items: nothing to be said against them" in done.stdout
    assert "acoustic+thermal+enose" in done.stdout


def test_a_leak_fails_with_its_items_and_what_to_do(leaking: Path) -> None:
    done = run(str(leaking))
    assert done.exit_code == 1
    assert "fault (leakage): thermal: two items are one recording" in done.stdout
    assert "do: keep it in one split, or put both items into one group" in done.stdout
    assert "150 items: 1 fault" in done.stdout


def test_the_json_has_everything(leaking: Path) -> None:
    done = run(str(leaking), "--json")
    assert done.exit_code == 1
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["passed"] is False
    assert [finding["kind"] for finding in result["findings"]] == ["leakage"]
    assert len(result["findings"][0]["items"]) == 2
    assert {lesson["column"] for lesson in result["lessons"]} == {"label"}
    assert {one["fact"] for one in result["predictions"]} >= {"level", "order", "file size"}
    assert result["counts"]["label"]["ok"]["train"] > 10


def test_a_station_is_audited_like_a_manifest(tmp_path: Path) -> None:
    items = clean()
    items[0] = replace(items[0], labels={})
    done = run("--station", str(station(tmp_path / "line", items)))
    assert done.exit_code == 0
    assert "note (label): 1 of 150 items have no label" in done.stdout


def test_it_takes_a_manifest_or_a_station(tmp_path: Path, leaking: Path) -> None:
    for arguments in ([], [str(leaking), "--station", str(tmp_path)]):
        done = run(*arguments)
        assert done.exit_code == 2
        assert "give either a MANIFEST or --station DIR" in done.stderr
