"""An operating point from the command line: proved, refused, and what decides by it afterwards."""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from qc_station.cli import cli
from tests.one_number_bundle import STREAM, one_number_station, parts, write_one_number_bundle

FIVE = ("--max-escape", "5%", "--confidence", "95%")
GOOD = [0.001, 0.002, 0.03, 0.2, 0.7]
"""By the costs alone the first three pass, the fourth is looked at and the last is rejected."""


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def answer(*arguments: object, code: int = 0) -> dict[str, Any]:
    """The JSON object that stands on stdout's last line."""
    result = call(*arguments, "--json")
    assert result.exit_code == code, result.output
    return dict(json.loads(result.stdout.splitlines()[-1]))


def points(bundle: Path) -> list[str]:
    """Names of the points of the bundle's station."""
    return sorted(file.name for file in (bundle.parents[1] / "operating").glob("*"))


def recordings(folder: Path, *rows: tuple[str, str, float]) -> Path:
    """A manifest with a recording for every (label, split, probability)."""
    folder.mkdir()
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(["item", "split", "group", "label", STREAM])
        for number, (label, split, bad) in enumerate(rows):
            (folder / f"{number}.csv").write_text(f"bad\n{bad}\n", encoding="utf-8")
            writer.writerow([f"part-{number}", split, f"lot-{number}", label, f"{number}.csv"])
    return folder / "manifest.csv"


def recording(folder: Path, bad: float) -> Path:
    """The recording of one part."""
    file = folder / "part.csv"
    file.write_text(f"bad\n{bad}\n", encoding="utf-8")
    return file


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """59 bad parts in test, one of which scores 0.02, and five good ones."""
    return one_number_station(tmp_path / "line1", parts("crack", [0.02, *[0.9] * 58]), parts("ok", GOOD))


def test_what_is_proved_is_written_and_decides_from_then_on(bundle: Path, tmp_path: Path) -> None:
    part = recording(tmp_path, 0.03)
    assert answer("inspect", bundle, f"--{STREAM}", part)["verdict"] == "PASS"
    found = answer("operate", bundle, *FIVE)
    assert found["proved"] is True
    assert found["promise"] == "escapes at most 5 % at 95 %: 0 of 59 parts"
    assert found["passes"] == pytest.approx(0.02, abs=1e-4)
    assert found["by_costs"] == pytest.approx([0.05, 0.5])
    assert found["rates"]["escape"]["groups"]["upper"] <= 0.05
    assert Path(found["point"]) == bundle.parents[1] / "operating" / f"{bundle.name}.json"
    assert points(bundle) == [f"{bundle.name}.json"]
    assert answer("inspect", bundle, f"--{STREAM}", part)["verdict"] == "REVIEW"
    passed = answer("inspect", bundle, f"--{STREAM}", recording(tmp_path, 0.001))
    assert (passed["verdict"], passed["reason"]) == ("PASS", f"ok 1.00; enose 0.00; {found['promise']}")


def test_people_see_every_rate_with_its_exact_bound(bundle: Path) -> None:
    result = CliRunner().invoke(cli, ["operate", str(bundle), *FIVE, "--sets", "90%"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "64 held-out parts, 59 of them bad; 0 more tell nothing" in result.stdout
    assert "0 of 59 (0 %, at most 4.95 % at 95 %)" in result.stdout
    assert "1 of 5 (20 %, at most 65.7 % at 95 %)" in result.stdout
    assert "by the costs alone: PASS up to 0.05, REJECT from 0.5" in result.stdout
    sets = {words[1]: line for line in result.stdout.splitlines() if (words := line.split("│")) and len(words) > 4}
    counted = re.compile(r"\d+ of (59|5|64) \(\d+\.\d %, \d+\.\d to \d+\.\d %\)")
    assert {name.strip() for name in sets} >= {"ok", "crack", "all"}
    assert all(counted.search(line) for name, line in sets.items() if name.strip() in ("ok", "crack", "all"))
    assert "in 200 random splits of the groups on average: coverage" in " ".join(result.stdout.split())
    assert result.stdout.splitlines()[-1] == "PROVED: escapes at most 5 % at 95 %: 0 of 59 parts"


def test_the_evaluation_decides_by_the_point_and_names_its_promise(bundle: Path, tmp_path: Path) -> None:
    manifest = recordings(tmp_path / "own", *[("ok", "test", bad) for bad in GOOD], ("crack", "test", 0.9))
    before = answer("evaluate", bundle, manifest)["verdicts"]
    assert (before["counts"]["ok"]["PASS"], before["promise"]) == (3, None)
    promise = answer("operate", bundle, *FIVE)["promise"]
    after = answer("evaluate", bundle, manifest)["verdicts"]
    assert (after["counts"]["ok"]["PASS"], after["promise"]) == (2, promise)
    shown = CliRunner().invoke(cli, ["evaluate", str(bundle), str(manifest)], env={"COLUMNS": "160"}).stdout
    assert f"by the operating point of this bundle: {promise}" in shown
    assert "5 of 6 (83.3 %, 35.9 to 99.6 %)" in shown
    assert "overkill: 1 of 5 (20.0 %, 0.5 to 71.6 %)" in shown
    assert "review: 2 of 6 (33.3 %, 4.3 to 77.7 %)" in shown


def test_too_few_defects_are_told_how_many_more_are_needed_and_nothing_is_written(tmp_path: Path) -> None:
    bundle = one_number_station(tmp_path / "line1", parts("crack", [0.9] * 31), parts("ok", GOOD))
    found = answer("operate", bundle, *FIVE, code=1)
    assert (found["proved"], found["enough"], found["more"], found["promise"]) == (False, 59, 28, None)
    assert points(bundle) == []
    said = call("operate", bundle, *FIVE)
    assert said.exit_code == 1
    assert said.stdout.splitlines()[-1] == (
        "NOT PROVED: 0 of 31 (0 %, at most 9.21 % at 95 %) is no proof; "
        "needed: 28 more labelled bad parts, none of them missed"
    )


def test_a_lot_counts_once_however_many_of_its_parts_are_bad(tmp_path: Path) -> None:
    lots = [part for lot in range(30) for part in parts("crack", [0.9, 0.8], lot=f"lot{lot}-")]
    bundle = one_number_station(tmp_path / "line1", lots, parts("ok", GOOD))
    found = answer("operate", bundle, *FIVE, code=1)
    assert (found["bad_parts"], found["more"], found["unit"]) == (60, 29, "groups")
    said = call("operate", bundle, *FIVE).stdout
    assert "Parts of one group are not independent" in said
    assert "needed: 29 more labelled groups of bad parts" in said


@pytest.mark.parametrize("split", ["train", "val"])
def test_parts_that_the_bundle_was_made_with_prove_nothing(bundle: Path, split: str) -> None:
    found = call("operate", bundle, *FIVE, "--split", split)
    assert found.exit_code == 2
    assert f"--split {split}: its parts prove nothing of a bundle" in found.stderr


@pytest.mark.parametrize("share", ["1", "0%", "100%", "-1%", "one", "nan"])
def test_what_is_no_share_is_refused(bundle: Path, share: str) -> None:
    found = call("operate", bundle, "--max-escape", share)
    assert found.exit_code == 2
    assert "is no share between 0 and 1; write 1% or 0.01" in found.stderr


def test_recordings_of_a_manifest_prove_it_for_the_station_of_the_bundle(tmp_path: Path) -> None:
    bundle = one_number_station(tmp_path / "line1", parts("crack", [0.3], split="train"))
    rows = [("crack", "test", 0.9)] * 59 + [("ok", "test", 0.001), ("crack", "train", 0.0), ("ok", "train", 0.5)]
    found = answer("operate", bundle, recordings(tmp_path / "own", *rows), *FIVE)
    assert (found["proved"], found["bad_parts"], found["parts"]) == (True, 59, 60)
    assert points(bundle) == [f"{bundle.name}.json"]


def test_a_recording_that_the_station_learnt_from_is_refused_under_any_name(tmp_path: Path) -> None:
    bundle = one_number_station(tmp_path / "line1", parts("crack", [0.9], split="train"))
    found = call("operate", bundle, recordings(tmp_path / "own", ("crack", "test", 0.9)), *FIVE)
    assert found.exit_code == 2
    assert "part 'part-0' is one that" in found.stderr
    assert "learns from; it proves nothing" in found.stderr


def test_a_recording_that_cannot_be_read_makes_no_proof_of_the_others(bundle: Path, tmp_path: Path) -> None:
    manifest = recordings(tmp_path / "own", *[("crack", "test", 0.9)] * 60, ("ok", "test", 0.001))
    (manifest.parent / "7.csv").write_text("bad\n", encoding="utf-8")
    assert call("operate", bundle, manifest, *FIVE).exit_code == 1
    assert points(bundle) == []


def test_a_bundle_without_a_station_is_asked_for_one_or_proved_without_being_written(
    bundle: Path, tmp_path: Path
) -> None:
    away = Path(shutil.copytree(bundle, tmp_path / "elsewhere" / bundle.name))
    found = call("operate", away, *FIVE)
    assert found.exit_code == 2
    assert "give --station DIR or a MANIFEST" in found.stderr
    rows = [("crack", "test", 0.9)] * 59 + [("ok", "test", 0.001)]
    said = call("operate", away, recordings(tmp_path / "own", *rows), *FIVE)
    assert said.exit_code == 0
    assert "not written" in said.stderr
    assert answer("operate", away, *FIVE, "--station", bundle.parents[1])["point"]
    assert points(bundle) == [f"{bundle.name}.json"]


def test_a_bundle_is_named_by_its_name_in_the_station(bundle: Path) -> None:
    found = answer("operate", bundle.name, *FIVE, "--station", bundle.parents[1])
    assert (found["proved"], found["bundle"]) == (True, str(bundle))
    assert points(bundle) == [f"{bundle.name}.json"]
    gone = call("operate", "nothing", *FIVE, "--station", bundle.parents[1])
    assert gone.exit_code == 2
    assert "no bundle 'nothing': neither that folder is there nor" in gone.stderr


def test_a_station_without_a_store_is_told_what_fills_one(tmp_path: Path) -> None:
    bundle = write_one_number_bundle(tmp_path / "line1" / "bundles")
    found = call("operate", bundle, *FIVE)
    assert found.exit_code == 2
    assert "has no store yet; `qc-station import MANIFEST" in found.stderr


def test_a_dry_run_changes_nothing(bundle: Path) -> None:
    assert answer("operate", bundle, *FIVE, "--dry-run")["point"] is None
    assert points(bundle) == []


def test_thresholds_that_somebody_moved_decide_nothing(bundle: Path, tmp_path: Path) -> None:
    file = Path(answer("operate", bundle, *FIVE)["point"])
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(content | {"passes": 0.4}), encoding="utf-8")
    found = call("inspect", bundle, f"--{STREAM}", recording(tmp_path, 0.3))
    assert found.exit_code == 2
    assert "was changed after it was proved" in found.stderr


def test_the_same_parts_proving_a_second_bundle_are_remarked_on(bundle: Path) -> None:
    other = write_one_number_bundle(bundle.parent, provenance={"seed": 2})
    assert "proved" not in call("operate", bundle, *FIVE).stderr
    assert f"these parts proved {bundle.name} too" in call("operate", other, *FIVE).stderr


def test_a_bundle_that_knows_no_good_class_is_told_what_is_missing(tmp_path: Path) -> None:
    bundle = one_number_station(tmp_path / "line1", parts("crack", [0.9]), ok_classes=("fine",))
    found = call("operate", bundle, *FIVE)
    assert found.exit_code == 2
    assert "an operating point needs a class of fine among ok, crack" in found.stderr


def test_parts_without_a_label_are_counted_and_left_out(tmp_path: Path) -> None:
    bundle = one_number_station(
        tmp_path / "line1", parts("crack", [0.9] * 59), parts("ok", GOOD), parts(None, [0.001] * 4)
    )
    found = answer("operate", bundle, *FIVE)
    assert (found["left_out"], found["parts"]) == (4, 64)


def test_a_promise_that_cannot_be_proved_leaves_the_one_that_was(bundle: Path) -> None:
    promise = answer("operate", bundle, *FIVE)["promise"]
    said = call("operate", bundle, "--max-escape", "1%")
    assert said.exit_code == 1
    assert f"unchanged: the station decides by what was proved before, {promise}" in said.stderr
    assert points(bundle) == [f"{bundle.name}.json"]
