"""`keys` makes a pair, `sign` signs a bundle, a station that asks for it takes it, and `doctor` says so."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qc_station.cli import cli
from qc_station.config.bundles import BundlesConfig
from qc_station.config.loading import load_station
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.writing import write_station
from qc_station.trust import CACHE, trusted_runtime
from tests.tiny_bundle import tiny_bundle

STREAMS = {"sound": StreamConfig(kind="waveform", rate_hz=8000.0, dtype="int16", window_s=0.0005)}


def said(*arguments: str | Path, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(cli, [*map(str, arguments), "--json"])
    assert done.exit_code == code, done.output
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def doctor(*arguments: str | Path) -> dict[str, str]:
    return {check["name"]: check["detail"] for check in said("doctor", *arguments)["checks"]}


@pytest.fixture
def station(tmp_path: Path) -> Path:
    config = StationConfig(name="s", streams=STREAMS, bundles=BundlesConfig(require_signed="keys/signing.pub"))
    write_station(tmp_path, config)
    said("keys", "--to", tmp_path / "keys")
    return tmp_path


def test_what_was_signed_runs_where_a_signature_is_required(station: Path) -> None:
    folder = tiny_bundle(station / "bundles")
    assert "will not run: bundle" in doctor("--station", station)[f"bundle {folder.name}"]
    made = said("sign", folder, "--key", station / "keys" / "signing.key", "--counter", "4")
    assert (made["digest"][:12], made["counter"]) == (folder.name, 4)
    assert trusted_runtime(station, load_station(station), folder).bundle.name == folder.name
    assert "signed as required, counter 4" in doctor("--station", station)[f"bundle {folder.name}"]


def test_a_public_key_that_cannot_be_read_fails_the_check_of_every_bundle(station: Path) -> None:
    folder = tiny_bundle(station / "bundles")
    (station / "keys" / "signing.pub").unlink()
    (check,) = (c for c in said("doctor", "--station", station, code=1)["checks"] if not c["passed"])
    assert check["name"] == f"bundle {folder.name}"
    assert "signing.pub cannot be read: No such file" in check["detail"]


def test_keys_that_are_there_stay(station: Path) -> None:
    assert "is there already" in said("keys", "--to", station / "keys", code=1)["error"]


def test_a_bundle_that_is_not_whole_is_not_signed(station: Path) -> None:
    folder = tiny_bundle(station / "bundles")
    (folder / "model.onnx").write_bytes(b"")
    answer = said("sign", folder, "--key", station / "keys" / "signing.key", code=1)
    assert "model.onnx (0 bytes) is truncated or changed" in answer["error"]
    assert not (folder / "signature.json").exists()


def test_a_bundle_is_measured_wherever_it_lies(tmp_path: Path) -> None:
    folder = tiny_bundle(tmp_path / "elsewhere")
    detail = doctor("--bundle", folder)[f"bundle {folder.name}"]
    assert detail.startswith("loads, and its self-test is met; CPU with ")
    assert " ms" in detail


def test_a_stations_choice_is_measured_once_and_shown_from_then_on(station: Path) -> None:
    folder = tiny_bundle(station / "bundles")
    name = f"bundle {folder.name}"
    assert "--measure looks for what is faster" in doctor("--station", station)[name]
    measured = doctor("--station", station, "--measure")[name]
    assert "CPU 1: " in measured
    assert doctor("--station", station)[name] == measured
    assert "CPU 1: " in doctor("--station", station, "--bundle", folder.name)[name]
    assert len(list((station / CACHE).iterdir())) == 1


def test_figures_need_a_place_to_be_noted() -> None:
    done = CliRunner().invoke(cli, ["doctor", "--measure"])
    assert done.exit_code == 2
    assert "allowed: with --station, or --bundle alone" in done.stderr
