"""`doctor` looks at everything, hides no fault behind another, and needs nothing of training."""

import json
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qc_station import checkup
from qc_station.cli import cli
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.writing import write_station
from qc_station.store import Store
from qc_station.store.schema import FILE_NAME


def doctor(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(cli, ["doctor", *arguments, "--json"])
    answer = json.loads(result.stdout)
    return result.exit_code, {check["name"]: check for check in answer["checks"]}


@pytest.fixture
def station(tmp_path: Path) -> Path:
    streams = {"gas": StreamConfig(kind="series", window_steps=3)}
    write_station(tmp_path / "line1", StationConfig(name="line1", streams=streams))
    return tmp_path / "line1"


def test_this_installation_is_well() -> None:
    code, checks = doctor()
    assert (code, all(check["passed"] for check in checks.values())) == (0, True)
    assert {"python", "onnxruntime", "execution providers", "processors", "monotonic clock", "disk"} <= set(checks)


def test_text_for_people_ends_with_the_sum() -> None:
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.stdout.splitlines()[-1].startswith("all ")


def test_a_whole_station_is_well(station: Path) -> None:
    Store.open(station).close()
    code, checks = doctor("--station", str(station))
    assert code == 0
    assert checks["configuration"]["detail"] == "'line1' with gas"
    assert checks["store"]["detail"].startswith("0 items")
    assert "none yet" in checks["bundle"]["detail"]


def test_every_fault_of_a_station_is_told_at_once(station: Path) -> None:
    (station / "station.toml").write_text("name = 3\n")
    (station / FILE_NAME).write_bytes(b"no database" * 500)
    (station / "bundles" / "0123").mkdir(parents=True)
    code, checks = doctor("--station", str(station))
    assert code == 1
    assert "name = 3" in checks["configuration"]["detail"]
    assert "is damaged" in checks["store"]["detail"]
    assert not checks["bundle 0123"]["passed"]


def test_a_missing_training_package_is_no_fault_and_a_missing_base_package_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = checkup.find_spec
    gone = {"torch", "torchjd", "soundfile"}
    monkeypatch.setattr(checkup, "find_spec", lambda name: None if name in gone else found(name))
    code, checks = doctor()
    assert code == 1
    assert checks["training"]["detail"] == "this box inspects only; missing: torch, torchjd"
    assert [name for name, check in checks.items() if not check["passed"]] == ["soundfile"]


def test_a_full_disk_and_a_clock_that_was_never_set_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(5 * 2**20))
    monkeypatch.setattr(checkup, "EARLIEST_YEAR", 9999)
    code, checks = doctor()
    assert code == 1
    assert "5 MiB free" in checks["disk"]["detail"]
    assert "allowed: 1024 MiB or more" in checks["disk"]["detail"]
    assert "was never set" in checks["wall clock"]["detail"]
