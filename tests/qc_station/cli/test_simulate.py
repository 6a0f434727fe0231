"""A simulated floor in one process, looked at and recorded from another, through a fault and out of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from qc_station.cli import cli
from sensors.recordings.shelf import shelf


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "floor"
    command = [sys.executable, "-m", "qc_station", "simulate", str(folder), "--parts", "200", "--per-minute", "60"]
    # Again and again: on a busy machine nobody knows when the recording begins.
    faults = [word for at_s in range(2, 200, 6) for word in ("--fault", f"enose:unplug:{at_s}:0.5")]
    process = subprocess.Popen(
        [*command, *faults, "--json"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "look at its sensors" in line:
            break
    yield folder
    process.terminate()
    assert process.wait(10) == 0
    process.stderr.close()


def test_a_simulated_sensor_is_unplugged_and_comes_back_while_the_others_are_recorded(floor: Path) -> None:
    result = CliRunner().invoke(cli, ["record", "--station", str(floor), "--seconds", "9", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout.splitlines()[-1])
    counters = {name: one["counters"] for name, one in found["sensors"].items()}
    assert counters["enose"]["reopenings"] >= 1
    assert counters["thermal"]["reopenings"] == counters["acoustic"]["reopenings"] == 0
    (recording,) = shelf(floor / "recordings").recordings
    events = [event.kind for event in recording.events() if event.stream == "enose"]
    assert events[:3] == ["opened", "closed", "opened"]
    assert recording.counts == found["readings"]


def test_the_faults_are_listed() -> None:
    listed = CliRunner().invoke(cli, ["simulate", "anywhere", "--fault", "list"])
    assert listed.exit_code == 0
    assert "unplug" in listed.stdout.splitlines()
