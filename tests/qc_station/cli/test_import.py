"""`init` and `import` as a user calls them: what is kept, what is refused, and that running again continues."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from qc_station.cli import cli
from qc_station.config.loading import load_station
from qc_station.recordings import png, sound
from qc_station.store import Store

HEADER = "item,split,group,label,mic,cam"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    rows = [HEADER]
    for number, split in enumerate(("train", "train", "val", "test")):
        (folder / f"{number}.flac").write_bytes(sound.encode(np.full((1, 800), number, np.int16), 8000)[1])
        (folder / f"{number}.png").write_bytes(png.encode(np.full((6, 4), number, np.uint8)))
        rows.append(f"p{number},{split},g{number},{'ok' if number != 1 else 'nok'},{number}.flac,{number}.png")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder / "manifest.csv"


@pytest.fixture
def station(manifest: Path, tmp_path: Path) -> Path:
    assert run("init", tmp_path / "line1", "--from", manifest).exit_code == 0
    return tmp_path / "line1"


def add(manifest: Path, row: str) -> None:
    manifest.write_text(manifest.read_text() + row + "\n")


def test_init_writes_a_station_that_loads(manifest: Path, tmp_path: Path) -> None:
    result = run("init", tmp_path / "line1", "--from", manifest, "--json")
    assert result.exit_code == 0
    answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    assert answer["streams"] == {"mic": [1, 800], "cam": [1, 6, 4]}
    station = load_station(tmp_path / "line1")
    assert (station.name, station.ok_classes, set(station.streams)) == ("line1", ("ok",), {"mic", "cam"})


def test_init_does_not_overwrite(manifest: Path, station: Path) -> None:
    before = (station / "station.toml").read_text()
    result = run("init", station, "--from", manifest)
    assert (result.exit_code, (station / "station.toml").read_text()) == (2, before)
    assert "is there already; allowed: a folder without a station" in result.stderr


def test_import_fills_the_store_and_again_skips(manifest: Path, station: Path) -> None:
    first, again = (
        run("import", manifest, "--station", station),
        run("import", manifest, "--station", station, "--json"),
    )
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout == "4 items added, 0 were there already, 4 are in the store\n"
    answer = json.loads(again.stdout)
    assert answer == {"station": str(station), "added": 0, "skipped": 4, "items": 4, "faults": []}
    with Store.open(station) as store:
        assert [int(item.windows["mic"][0, 0]) for item in store.items()] == [0, 1, 2, 3]


def test_bad_files_are_reported_and_good_ones_kept(manifest: Path, station: Path) -> None:
    for number in (1, 3):
        path = manifest.parent / f"{number}.flac"
        path.write_bytes(path.read_bytes()[:-20])
    result = run("import", manifest, "--station", station, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["added"], len(answer["faults"])) == (1, 2, 2)
    assert f"{manifest} row 3, mic = '1.flac': " in answer["faults"][0]
    assert all(fault in result.stderr for fault in answer["faults"])


def test_import_continues_when_the_files_are_mended(manifest: Path, station: Path) -> None:
    path = manifest.parent / "2.png"
    content = path.read_bytes()
    path.write_bytes(content[:-4])
    assert run("import", manifest, "--station", station).exit_code == 1
    path.write_bytes(content)
    result = run("import", manifest, "--station", station)
    assert (result.exit_code, result.stdout) == (0, "1 items added, 3 were there already, 4 are in the store\n")


@pytest.mark.parametrize(
    "row",
    [
        "p0,train,x,ok,0.flac,",
        "x,test,g0,ok,0.flac,",
        "x,val,x,odd,0.flac,",
        "x,train,x,ok,../x.flac,",
        "x,train,x,ok,/x.flac,",
    ],
)
def test_a_structural_fault_refuses_the_whole_import(manifest: Path, station: Path, row: str) -> None:
    add(manifest, row)
    result = run("import", manifest, "--station", station)
    assert result.exit_code == 1
    assert f"{manifest} row 6" in result.stderr
    assert [file.name for file in station.iterdir()] == ["station.toml"]


def test_an_item_with_other_content_is_refused(manifest: Path, station: Path) -> None:
    run("import", manifest, "--station", station)
    (manifest.parent / "1.png").write_bytes(png.encode(np.full((6, 4), 9, np.uint8)))
    result = run("import", manifest, "--station", station, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["added"], answer["skipped"]) == (1, 0, 3)
    assert "item 'p1' is in the store with other content" in answer["faults"][0]


def test_wrong_usage_and_configuration_exit_with_2(manifest: Path, tmp_path: Path) -> None:
    assert run("import", manifest, "--station", tmp_path / "nowhere").exit_code == 2
    assert run("import", tmp_path / "nothing.csv", "--station", tmp_path).exit_code == 2
    result = run("import", manifest, "--station", tmp_path, "--json")
    assert (result.exit_code, json.loads(result.stdout)["type"]) == (2, "ConfigError")


def test_import_needs_neither_torch_nor_the_runtime(manifest: Path, station: Path) -> None:
    import subprocess
    import sys

    script = (
        "import sys\nfor name in ('torch', 'librosa', 'scipy', 'sklearn', 'onnxruntime'):\n    sys.modules[name] = None\n"
        "from qc_station.cli import main\nmain(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "import", str(manifest), "--station", str(station)],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.startswith("4 items added")) == (0, True), done.stderr
