"""`run` beside a model: the simulated line over its wires and a recording of it, against what the parts really are."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from heapq import merge
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from deploy.runtime import Runtime
from qc_station.cli import cli
from qc_station.config.writing import write_station
from qc_station.line.feeding import readings
from qc_station.line.simulation import station
from qc_station.line.wired import WiredLine
from qc_station.store import Store
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.simulated.drivers import line_drivers
from sensors.simulated.line import START_NS, Pace, schedule
from sensors.simulated.parts import make_parts
from tests.trained_line import TrainedLine

pytestmark = pytest.mark.slow
PARTS = 30
PACE = Pace(lead_s=8.0)
"""As fast as the shift that the bundle learnt from: at another pace gas and heat of a part before are new to it."""
SEED = 21
STOPS_IN_S = 5.0


@pytest.fixture(scope="module")
def bundle(trained_line: TrainedLine) -> Path:
    return trained_line.bundle


def run(folder: Path, *arguments: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    done = CliRunner().invoke(cli, ["run", "--station", str(folder), *arguments, "--json"])
    assert done.exit_code == 0, done.stderr
    *verdicts, summary = [json.loads(line) for line in done.stdout.splitlines()]
    return verdicts, summary


def agree(verdicts: list[dict[str, Any]], truth: dict[str, str]) -> None:
    """No bad part passed unseen and few good ones were stopped, of those that the line decided itself."""
    told = {one["part"]: one["verdict"] for one in verdicts}
    assert list(told) == list(truth)
    right = {name: "PASS" if kind == "ok" else "REJECT" for name, kind in truth.items()}
    wrong = {name for name in told if told[name] not in (right[name], "REVIEW")}
    clear = [name for name in told if told[name] == right[name]]
    assert len(wrong) <= PARTS // 10, {name: (told[name], truth[name]) for name in wrong}
    assert len(clear) >= PARTS // 3, told
    assert {told[name] for name in clear} == {"PASS", "REJECT"}


def test_verdicts_of_the_live_line_agree_with_the_truth_and_are_on_disk_in_time(tmp_path: Path, bundle: Path) -> None:
    with WiredLine(tmp_path, seed=SEED, parts=PARTS, pace=PACE) as floor:
        verdicts, summary = run(tmp_path, "--bundle", str(bundle), "--parts", str(PARTS))
    agree(verdicts, {passing.part.name: passing.part.labels["label"] for passing in floor.passings})
    assert summary["parts"] == PARTS
    with Store.open(tmp_path) as store:
        stored = {row.part: (row.verdict, row.reason, row.bundle) for row in store.decisions()}
    digest = Runtime(bundle).manifest.digest
    assert stored == {one["part"]: (one["verdict"], one["reason"], digest) for one in verdicts}


def recording(folder: Path) -> Path:
    """A run of the simulated line as `qc-station record` keeps it: every reading and every trigger."""
    passings = schedule(make_parts(SEED, PARTS), SEED, PACE)
    drivers = line_drivers(passings, SEED)
    recorder = Recorder(folder, [driver.stream for driver in drivers], clock=lambda: START_NS)
    flows: list[Iterator[Reading]] = [readings(driver) for driver in drivers]
    for passing in passings:
        recorder.trigger(passing.part.name, passing.time_ns)
    for reading in merge(*flows, key=lambda one: one.arrival_ns):
        recorder.reading(reading)
    recorder.close()
    return folder


def test_a_replayed_recording_agrees_with_the_truth_too(tmp_path: Path, bundle: Path) -> None:
    played = {"recording": str(recording(tmp_path / "recordings")), "shift": True}
    config = station()
    streams = {n: msgspec.structs.replace(s, driver={"type": "replay", **played}) for n, s in config.streams.items()}
    trigger = {"type": "recording", **played}
    write_station(tmp_path, msgspec.structs.replace(config, streams=streams, trigger=trigger))
    verdicts, _ = run(tmp_path, "--bundle", str(bundle), "--parts", str(PARTS))
    parts = make_parts(SEED, PARTS)
    agree(verdicts, {part.name: part.labels["label"] for part in parts})


@pytest.mark.parametrize("ask", [signal.SIGINT, signal.SIGTERM])
def test_a_line_that_decides_stops_cleanly_within_five_seconds(
    tmp_path: Path, bundle: Path, ask: signal.Signals
) -> None:
    with WiredLine(tmp_path, seed=SEED, parts=PARTS, pace=PACE):
        options = ("--station", str(tmp_path), "--bundle", str(bundle), "--json")
        command = [sys.executable, "-m", "qc_station", "run", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as line:
            assert line.stdout is not None
            said = [json.loads(line.stdout.readline()) for _ in range(5)]
            line.send_signal(ask)
            begun_s = time.monotonic()
            *rest, summary = [json.loads(one) for one in line.stdout]
            assert line.wait(STOPS_IN_S) == 0
            assert time.monotonic() - begun_s < STOPS_IN_S
    assert summary["parts"] == len(said) + len(rest)
    with Store.open(tmp_path) as store:
        assert store.open_parts() == []
        assert [row.part for row in store.decisions()] == [one["part"] for one in (*said, *rest)]
