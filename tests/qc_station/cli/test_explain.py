"""`qc-station explain` as somebody uses it who has a bundle and a part."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from qc_station.cli import cli
from qc_station.config.station import StationConfig
from qc_station.config.writing import write_station
from qc_station.items import Item
from qc_station.store import Store
from tests.synthetic import SPECS, TABLES, raw_windows


@dataclass(frozen=True)
class Place:
    """A station with three stored parts, and one part as files."""

    station: Path
    files: tuple[str, ...]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("explain")
    station = folder / "line1"
    (station / "bundles").mkdir(parents=True)
    write_station(station, StationConfig(name="line1", streams=TABLES))
    with Store.open(station) as store:
        labels = ({"label": "ok"}, {"label": "ok"}, {"label": "crack"})
        items = [
            Item(
                name=f"part-{n}",
                group=f"g{n}",
                split="train",
                windows={spec.name: raw_windows(spec, 1, seed=n)[0] for spec in SPECS},
                labels=labels[n],
            )
            for n in range(3)
        ]
        assert store.add_items(items, TABLES).added == 3
        store.record_decision(part="part-9", verdict="PASS", reason="ok", scores={}, bundle=None, latency_ms={})
    window = items[2].windows
    soundfile.write(folder / "a.wav", window["acoustic"].T, 16000, subtype="PCM_16")
    cv2.imwrite(str(folder / "t.png"), window["thermal"][0])
    np.savetxt(folder / "e.csv", window["enose"].T, delimiter=",", header="a,b,c", comments="")
    files = ("--acoustic", str(folder / "a.wav"), "--thermal", str(folder / "t.png"), "--enose", str(folder / "e.csv"))
    return Place(station, files)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["explain", *map(str, arguments)])


def test_a_stored_part_is_explained_in_words_and_drawn(place: Place, bundle_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    done = call(bundle_folder, "part-2", "--station", place.station, "--out", out)
    assert done.exit_code == 0, done.output
    first, second, *rest = done.stdout.splitlines()
    assert first.startswith("part-2: ")
    assert " hangs most on " in second
    assert sum("<- most" in line for line in rest) == 1
    picture = cv2.imread(str(out))
    assert picture is not None
    assert picture.shape[1] == 1500


def test_a_part_of_the_station_that_the_bundle_lies_in_needs_no_option(
    place: Place, bundle_folder: Path, tmp_path: Path
) -> None:
    """`qc-station explain BUNDLE ITEM --out why.png`."""
    own = Path(shutil.copytree(bundle_folder, place.station / "bundles" / bundle_folder.name))
    done = call(own, "part-2", "--out", tmp_path / "why.png", "--json")
    assert done.exit_code == 0, done.output
    told, named = (
        json.loads(done.stdout),
        json.loads(call(own.name, "part-2", "--station", place.station, "--json").stdout),
    )
    assert (tmp_path / "why.png").stat().st_size > 10_000
    assert told["part"] == "part-2"
    assert told["streams"]["acoustic"]["instead"] == "as in a good part"
    assert told | {"out": None} == named
    shutil.rmtree(own)


def test_files_of_the_same_part_give_the_same_verdict_and_answer(place: Place, bundle_folder: Path) -> None:
    stored = json.loads(call(bundle_folder, "part-2", "--station", place.station, "--json").stdout)
    given = json.loads(call(bundle_folder, *place.files, "--json", "--station", place.station).stdout)
    alone = json.loads(call(bundle_folder, *place.files, "--json").stdout)
    assert (given["part"], stored["part"]) == ("a.wav", "part-2")
    for result in (given, alone):
        assert (result["verdict"], result["reason"]) == (stored["verdict"], stored["reason"])
        assert result["probability"] == pytest.approx(stored["probability"])
        assert set(result["streams"]) == {"acoustic", "thermal", "enose"}
    assert stored["streams"]["acoustic"]["instead"] == "as in a good part"
    assert given["streams"]["thermal"]["places"] == stored["streams"]["thermal"]["places"]
    assert given["out"] is None


def test_one_recording_is_enough(place: Place, bundle_folder: Path) -> None:
    result = json.loads(call(bundle_folder, *place.files[:2], "--json").stdout)
    assert list(result["streams"]) == ["acoustic"]
    assert result["streams"]["acoustic"]["without"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["part-7", "--station", "{station}"], 1, "no item 'part-7'"),
        (["part-9", "--station", "{station}"], 1, "was decided PASS, but its windows were not kept"),
        (["part-2"], 2, "ITEM 'part-2' is looked up in a station, and this bundle lies in none; give --station"),
        (["part-2", "--acoustic", "a.wav", "--station", "{station}"], 2, "ITEM 'part-2' stands alone"),
        (["part-2", "--station", "{station}/bundles"], 2, "has no store yet"),
        (["--smell", "x.csv"], 2, "'--smell' is no stream of this bundle; allowed: --acoustic, --thermal, --enose"),
        ([], 2, "no recording given"),
        (["part-2", "--station", "{station}", "--out", "why.docx"], 1, "name a file that ends in .png"),
    ],
)
def test_what_cannot_be_explained_is_answered_with_what_can(
    place: Place, bundle_folder: Path, arguments: list[str], code: int, words: str
) -> None:
    done = call(bundle_folder, *(word.format(station=place.station) for word in arguments))
    assert done.exit_code == code, done.output
    assert words in done.output
    assert "Traceback" not in done.output


def test_a_bundle_that_is_not_there_is_told_with_where_was_looked(place: Place) -> None:
    done = call("0123456789ab", "part-2", "--station", place.station)
    assert done.exit_code == 2
    assert f"neither that folder is there nor {place.station / 'bundles' / '0123456789ab'}" in done.output
    alone = call("0123456789ab", "part-2")
    assert alone.exit_code == 2
    assert "no such folder; a name alone needs --station FOLDER" in alone.output


def test_a_box_without_torch_explains(place: Place, bundle_folder: Path) -> None:
    code = """
import sys
from qc_station.cli import main
try:
    main(sys.argv[1:])
finally:
    loaded = {"torch", "librosa", "scipy", "sklearn", "models"} & set(sys.modules)
    assert not loaded, loaded
"""
    command = [sys.executable, "-c", code, "explain", str(bundle_folder), *place.files, "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["streams"]
