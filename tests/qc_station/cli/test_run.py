"""The live line on a simulated floor: triggers, windows, decisions on disk, one line at a time."""

import json
import signal
import subprocess
import sys
from collections import Counter, deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from qc_station.cli import cli
from qc_station.cli.run import _changes, counted
from qc_station.config.writing import write_station
from qc_station.line.wired import WiredLine
from qc_station.store import Store
from sensors.simulated.line import Pace

PARTS = 5


def run(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    done = CliRunner().invoke(cli, ["run", *arguments, "--json"])
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.fixture
def floor(tmp_path: Path) -> WiredLine:
    return WiredLine(tmp_path, seed=3, parts=PARTS, pace=Pace(rate_hz=2.0, lead_s=8.0))


def test_every_part_that_passes_is_on_disk_with_its_windows_and_goes_to_review_without_a_model(
    floor: WiredLine, tmp_path: Path
) -> None:
    with floor:
        code, lines, said = run("--station", str(tmp_path), "--parts", str(PARTS))
    assert code == 0, said
    *verdicts, summary = lines
    names = [passing.part.name for passing in floor.passings]
    assert [one["part"] for one in verdicts] == names
    assert summary["verdicts"] == {"REVIEW": PARTS}
    assert summary["shell"]["dropped"] == summary["shell"]["refused"] == 0
    with Store.open(tmp_path) as store:
        assert [(row.part, row.verdict) for row in store.decisions()] == [(name, "REVIEW") for name in names]
        assert store.open_parts() == []
        kept = list(store.items())
    whole = [one["part"] for one in verdicts if set(one["reasons"].values()) == {"ok"}]
    assert whole
    for item in kept:
        if item.name in whole:
            assert set(item.windows) == {"acoustic", "thermal", "enose"}


def test_a_second_start_on_the_same_station_is_refused(floor: WiredLine, tmp_path: Path) -> None:
    with floor:
        command = [sys.executable, "-m", "qc_station", "run", "--station", str(tmp_path)]
        first = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        assert first.stderr is not None
        assert "runs without a bundle" in first.stderr.readline()
        code, (answer,), _ = run("--station", str(tmp_path))
        assert code == 1
        assert "runs already" in answer["error"]
        first.terminate()
        assert first.wait(10) == 0
        first.stderr.close()


@pytest.mark.parametrize("asks", [signal.SIGTERM, signal.SIGINT])
def test_who_reads_that_the_line_runs_may_ask_it_to_stop_at_once(
    floor: WiredLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asks: signal.Signals
) -> None:
    def asked(said: str) -> None:
        if "runs without a bundle" in said:
            signal.raise_signal(asks)

    monkeypatch.setattr("qc_station.cli.run.note", asked)
    with floor:
        code, (summary,), _ = run("--station", str(tmp_path))
    assert code == 0
    assert summary["parts"] == 0


def test_a_station_without_a_trigger_is_told_what_is_missing(floor: WiredLine, tmp_path: Path) -> None:
    write_station(tmp_path, msgspec.structs.replace(floor.station, trigger=None), overwrite=True)
    code, (answer,), _ = run("--station", str(tmp_path))
    assert code == 2
    assert "no table [trigger]" in answer["error"]


def test_parts_that_could_not_be_decided_are_noted_once_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    line: Any = SimpleNamespace(
        counts=Counter(PASS=2), failures=deque[str](), drift_alarms=[], taken_over=[], succession=None, recent=[]
    )
    tell = _changes(line)
    tell()
    assert counted(line).startswith("2 parts: 2 PASS, 0 REJECT, 0 REVIEW; ")
    line.failures.append("part p1: RuntimeError: a bug; it is left undecided")
    line.counts["UNDECIDED"] += 1
    tell()
    tell()
    assert capsys.readouterr().err.count("part p1: RuntimeError: a bug") == 1
    assert counted(line).startswith("3 parts: 2 PASS, 0 REJECT, 0 REVIEW, 1 UNDECIDED; ")
