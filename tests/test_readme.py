"""What the README says is run, word for word."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.recorded_shift import write_manifest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str = "") -> list[str]:
    """The fenced blocks of a language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


def own_recordings() -> list[str]:
    """The command lines under "Your own recordings"."""
    (found,) = [block for block in blocks() if "qc-station init" in block]
    return found.strip().splitlines()


def shell(line: str, folder: Path) -> str:
    """Run a line of the README as typed; returns stdout."""
    line = line.replace("qc-station", f"{sys.executable} -m qc_station", 1)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.slow
def test_every_command_for_own_recordings_works_as_it_stands_in_the_readme(tmp_path: Path) -> None:
    write_manifest(tmp_path / "source", 120)
    for file in (tmp_path / "source").iterdir():
        file.rename(tmp_path / file.name)
    for target, source in (("a.flac", "sound"), ("t.png", "frames"), ("e.csv", "gas")):
        some = sorted((tmp_path / source).iterdir())[0]
        (tmp_path / target).write_bytes(some.read_bytes())
    bundle = ""
    seen = []
    for line in own_recordings():
        command = line.split()[1]
        plain = line.replace("BUNDLE", bundle).replace("DIR", "elsewhere")
        output = shell(plain if command == "init" else f"{plain} --json", tmp_path)
        if command != "init":
            seen.append(command)
            result = json.loads(output.splitlines()[-1])
            bundle = result.get("bundle", bundle)
    assert seen == ["import", "train", "evaluate", "inspect", "export", "doctor"]
    assert {"model.onnx", "labels.json", "example.py", "README.md"} <= {
        f.name for f in (tmp_path / "elsewhere").iterdir()
    }
    assert (
        json.loads(shell("qc-station inspect " + bundle + " --acoustic a.flac --json", tmp_path).splitlines()[-1])[
            "verdict"
        ]
        != "PASS"
    )


@pytest.mark.slow
def test_make_demo_ends_with_verdicts_against_truth_and_says_simulated(tmp_path: Path) -> None:
    assert "make demo" in blocks()[0]
    done = subprocess.run(
        ["make", "demo", f"FOLDER={tmp_path / 'line'}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "SIMULATED" in done.stdout
    for words in ("escape", "overkill", "acoustic alone", "thermal alone", "enose alone", "p50", "p99"):
        assert words in done.stdout
    decided = re.search(r"escape \(bad parts that passed\): (\d+) of (\d+)", done.stdout)
    assert decided is not None
    assert int(decided[1]) < int(decided[2]) / 4
    models = shell(f"qc-station models --station {tmp_path / 'line'} --no-floor --json", tmp_path)
    (champion,) = json.loads(models.splitlines()[-1])["bundles"]
    assert champion["role"] == "champion"


def test_the_readme_names_only_commands_and_files_that_exist() -> None:
    lines = [line for block in blocks() for line in block.splitlines() if line.startswith("qc-station ")]
    commands = {line.split()[1].replace("-", "_") for line in lines} | {"demo"}
    assert {"init", "train", "sensors", "replay"} <= commands
    modules = {path.stem.rstrip("_") for path in (ROOT / "qc_station" / "cli").glob("*.py")}
    assert commands <= modules
    for name in re.findall(r"`((?:[a-z_]+/)*[A-Za-z_]+\.(?:md|py|toml|txt))`", README):
        if "/" in name or name.isupper() or name in ("constraints.txt", "ARCHITECTURE.md"):
            assert (ROOT / name).exists() or name.startswith("line1/"), name


def test_every_weighting_loss_optimizer_and_schedule_stands_in_the_readme() -> None:
    from models.adjustment import OPTIMISERS
    from models.losses import names as losses
    from models.schedules import SCHEDULES
    from models.weighting import names as weightings

    (table,) = re.findall(r"^\| `weighting`.*?\n\n", README, flags=re.DOTALL | re.MULTILINE)
    said = set(re.findall(r"`([a-z_]+)`", table)) - {"weighting", "losses", "optimizer", "schedule"}
    assert said == {*weightings(), *losses(), *OPTIMISERS, *SCHEDULES}


def test_the_training_driver_and_trigger_tables_are_accepted_as_they_stand() -> None:
    import tomllib

    from qc_station.config.drivers import driver_faults
    from qc_station.config.loading import parse_station
    from qc_station.config.station import StreamConfig
    from qc_station.config.triggers import trigger_faults

    kinds = {"acoustic": {"rate_hz": 48000.0}, "thermal": {"height": 120, "width": 160}, "enose": {"window_steps": 10}}
    training, drivers, triggers = map(tomllib.loads, blocks("toml"))
    streams = {"acoustic": {"kind": "waveform", "rate_hz": 8000, "window_s": 1}}
    parsed = parse_station({"name": "x", "streams": streams, **training}).training
    assert (parsed.losses, parsed.weights) == ({"severity": "ordinal"}, {"label.acoustic": 2.0})
    assert parsed.paths["shared"].optimizer == "nesterov"
    assert trigger_faults(triggers["trigger"], {}) == []
    for name, table in drivers["streams"].items():
        kind = {"acoustic": "waveform", "thermal": "image", "enose": "series"}[name]
        assert driver_faults(name, StreamConfig(kind=kind, driver=table["driver"], **kinds[name])) == []
    assert len(kinds) == len(drivers["streams"])


def test_every_table_of_the_readme_can_be_added_as_it_stands_to_what_init_writes(tmp_path: Path) -> None:
    from qc_station.cli import cli
    from qc_station.config.loading import load_station

    manifest, folder = write_manifest(tmp_path / "own", 12), tmp_path / "line1"
    assert CliRunner().invoke(cli, ["init", str(folder), "--from", str(manifest)]).exit_code == 0
    station = folder / "station.toml"
    plain = station.read_text(encoding="utf-8")
    for block in (*blocks("toml"), "\n".join(blocks("toml"))):
        station.write_text(f"{plain}\n{block}", encoding="utf-8")
        loaded = load_station(folder)
    assert loaded.training.paths["shared"].lr == 0.01
    assert loaded.streams["enose"].driver is not None
    assert loaded.trigger is not None
    assert loaded.training.weights == {"label.acoustic": 2.0}


def test_the_python_example_uses_the_runtime_as_it_is() -> None:
    from deploy.runtime import Runtime

    (example,) = blocks("python")
    compile(example, "README.md", "exec")
    for call in re.findall(r"runtime\.(\w+)\(", example):
        assert callable(getattr(Runtime, call))
