"""A simulated floor in one process, looked at and recorded from another, through a fault and out of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from qc_station.cli import cli
from qc_station.line.wired import WiredLine
from sensors.recordings.shelf import shelf
from sensors.simulated.wires.csv import CsvEncoder
from sensors.simulated.wires.terminal import Terminal


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "floor"
    command = [sys.executable, "-m", "qc_station", "simulate", str(folder), "--parts", "200", "--per-minute", "60"]
    # Again and again: on a busy machine nobody knows when the recording begins.
    times = [f"{stream}:{at_s}:0.5" for at_s in range(2, 200, 6) for stream in ("enose:unplug", "acoustic:saturation")]
    faults = [word for fault in times for word in ("--fault", fault)]
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
    # Nobody knows either whether the cable is out just when the recording begins or ends, which the exit code would say.
    result = CliRunner().invoke(cli, ["record", "--station", str(floor), "--seconds", "9", "--anyway", "--json"])
    assert result.exit_code in (0, 1), result.output
    found = json.loads(result.stdout.splitlines()[-1])
    counters = {name: one["counters"] for name, one in found["sensors"].items()}
    assert counters["enose"]["reopenings"] >= 1
    assert counters["acoustic"]["saturated"] >= 1
    assert counters["thermal"]["saturated"] == counters["enose"]["saturated"] == 0
    assert counters["thermal"]["reopenings"] == counters["acoustic"]["reopenings"] == 0
    (recording,) = shelf(floor / "recordings").recordings
    events = [event.kind for event in recording.events() if event.stream == "enose"]
    assert events[:3] == ["opened", "closed", "opened"]
    assert recording.counts == found["readings"]


def test_the_faults_are_listed() -> None:
    listed = CliRunner().invoke(cli, ["simulate", "anywhere", "--fault", "list"])
    assert listed.exit_code == 0
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert lines["unplug"].split() == ["unplug", "acoustic,", "thermal,", "enose"]
    assert "ppm=100.0" in lines["clock_drift"]
    assert lines["not_a_number"].endswith(" enose")


def test_a_simulated_device_that_breaks_down_ends_the_command_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: CsvEncoder, _data: object, _device_ns: int) -> list[bytes]:
        raise ValueError("no number of this size has a place in a line")

    monkeypatch.setattr(CsvEncoder, "chunks", broken)
    # Somebody has to listen before anything is sent.
    monkeypatch.setattr(Terminal, "heard", True)
    monkeypatch.setattr("qc_station.line.wired.LEAD_NS", 300_000_000)
    result = CliRunner().invoke(cli, ["simulate", str(tmp_path / "floor"), "--parts", "300", "--json"])
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["failures"] == {"enose": "ValueError: no number of this size has a place in a line"}
    assert found["passed"] < 10
    assert "device of stream 'enose' has broken down" in result.stderr


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--kind", "rust"], "rust"),
        (["--severity", "0.9", "0.5"], "severities are (0.9, 0.5)"),
        (["--fault", "thermal:not_a_number:1:1"], "what can happen to thermal: clock_drift"),
        (["--fault", "acoustic:wrong_rate:1:1:factor=-1"], "factor is -1; allowed: above 0"),
    ],
)
def test_defects_and_faults_that_there_are_not_are_refused_with_what_is_allowed(
    tmp_path: Path, wrong: list[str], message: str
) -> None:
    refused = CliRunner().invoke(cli, ["simulate", str(tmp_path / "floor"), *wrong])
    assert refused.exit_code == 2
    assert message in refused.output
    assert not (tmp_path / "floor").exists()


def test_defects_of_chosen_kinds_and_severities_come_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[WiredLine] = []

    class Ended(WiredLine):
        """Has passed before it begins."""

        ended = True

        def __enter__(self) -> "Ended":
            made.append(self)
            return self

    monkeypatch.setattr("qc_station.line.wired.WiredLine", Ended)
    chosen = ["--parts", "12", "--bad", "1", "--kind", "bearing", "--kind", "leak", "--severity", "0.6", "0.7"]
    result = CliRunner().invoke(cli, ["simulate", str(tmp_path / "floor"), *chosen])
    assert result.exit_code == 0, result.output
    (line,) = made
    assert {one.part.defect for one in line.passings} == {"bearing", "leak"}
    assert all(0.6 <= one.part.severity <= 0.7 for one in line.passings)
