"""`qc-station train`: killed and resumed, and by two processes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from models.history import Epoch
from qc_station.cli import cli
from qc_station.cli.train import CHECKPOINT, summary
from qc_station.learning.parameters import parameters_file
from tests.recorded_shift import write_manifest

TRAIN = ("-m", "qc_station", "train", "--json", "--station")


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """Sixty imported parts of which one thread learns, so that bits repeat; sound takes longest and adds nothing here."""
    manifest, folder = write_manifest(tmp_path / "own", 60, streams=("thermal", "enose")), tmp_path / "line1"
    for command in (
        ["init", str(folder), "--from", str(manifest)],
        ["import", str(manifest), "--station", str(folder)],
    ):
        assert CliRunner().invoke(cli, command).exit_code == 0
    config = folder / "station.toml"
    config.write_text(config.read_text().replace("# threads =", "threads = 1"))
    return folder


def ended(run: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout.splitlines()[-1]))


def train(station: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *TRAIN, str(station), *options], capture_output=True, text=True, check=False)


def test_a_checkpoint_of_another_training_is_refused_and_kept(station: Path) -> None:
    (station / CHECKPOINT).write_bytes(b"something")
    run = CliRunner().invoke(cli, ["train", "--station", str(station), "--epochs", "1", "--resume"])
    assert run.exit_code == 2
    assert f"{CHECKPOINT} is no checkpoint that can be read" in run.output
    assert (station / CHECKPOINT).read_bytes() == b"something"


def test_a_table_that_asks_in_vain_is_a_wrong_configuration(station: Path) -> None:
    run = CliRunner().invoke(cli, ["train", "--station", str(station), "--weighting", "magic"])
    assert run.exit_code == 2
    assert "no weighting 'magic'; there are: " in run.output


def test_a_learning_rate_is_looked_for_and_nothing_is_kept(station: Path) -> None:
    before = sorted(station.rglob("*"))
    run = CliRunner().invoke(cli, ["train", "--station", str(station), "--find-rate", "--json"])
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert len(found["rates"]) == len(found["losses"]) >= 10
    assert found["suggested"] is None or found["rates"][0] < found["suggested"] < found["rates"][-1]
    assert sorted(station.rglob("*")) == before


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_bundle(station: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    whole = ended(train(station, "--epochs", "6"))
    command = [sys.executable, "-c", KILLED, *TRAIN[2:], str(station), "--epochs", "6"]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (station / CHECKPOINT).exists()
    again = ended(train(station, "--epochs", "6", "--resume"))
    first, second = ((Path(found["bundle"]) / "model.onnx").read_bytes() for found in (whole, again))
    assert first == second
    assert not (station / CHECKPOINT).exists()


KILLED = """
import os, signal, sys
import models.checkpoint
written = []
save = models.checkpoint.Checkpoints.save
def save_and_die(self, trainer):
    save(self, trainer)
    written.append(1)
    if len(written) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
models.checkpoint.Checkpoints.save = save_and_die
models.checkpoint.Checkpoints.save_when_due = lambda self, trainer: self.save(trainer)
from qc_station.cli import main
main()
"""
"""A training that writes after every step and is killed after the fifth."""


@pytest.mark.slow
def test_a_profile_names_stages_and_paths(station: Path) -> None:
    found = ended(train(station, "--epochs", "1", "--profile"))["profile"]
    assert {"injection", "advancement thermal", "gradient shared", "adjustment enose"} <= set(found["stages"])
    assert sum(row["peak_growth_mb"] for name, row in found["stages"].items() if name.startswith("gradient")) > 0
    assert 0 < sum(row["seconds"] for row in found["stages"].values()) <= found["seconds"]


def test_people_are_shown_validation_losses_in_their_own_unit_and_what_they_are_of_no_skill() -> None:
    epoch = Epoch(
        number=1,
        planned=1,
        train={},
        weights={},
        val={"label:joint": 0.5},
        shown_val={"label:joint": 0.34657359},
        elapsed_s=1.0,
    )
    outcome = SimpleNamespace(epochs=(epoch,), best=1, reason="end", skipped=0)
    found = summary(
        SimpleNamespace(outcome=outcome, folder="b", parity=SimpleNamespace(worst=0.0), floor=None, notes=("said",))
    )
    assert found["validation_loss"] == {"label:joint": 0.3466}
    assert found["validation_loss_relative_to_no_skill"] == {"label:joint": 0.5}
    assert found["notes"] == ["said"]


@pytest.mark.slow
def test_two_processes_of_torchrun_write_one_bundle(station: Path) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"}
    command = [*launch, *TRAIN, str(station), "--epochs", "2"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found = ended(run)
    assert found["ended"] == "end of the schedule; 2 epochs"
    written = sorted(path.name for path in (station / "bundles").iterdir())
    assert written == [Path(found["bundle"]).name, parameters_file(Path(found["bundle"])).name]
