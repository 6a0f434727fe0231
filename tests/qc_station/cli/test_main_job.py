"""init, import, train, evaluate, inspect and export on one small manifest, as a program would call them."""

import json
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from deploy.bundle import Bundle
from qc_station.cli import cli
from qc_station.report.sections.headline import right_classes, verdict_rates
from qc_station.report.training import Training
from tests.base_environment import make_base_environment
from tests.recorded_shift import write_manifest

FIGURES = {"accuracy", "macro_f1", "auc", "log_loss", "ece"}
STREAMS = ("acoustic", "thermal", "enose")


@dataclass(frozen=True)
class Line:
    """A station that was trained for one epoch."""

    station: Path
    manifest: Path
    training: dict[str, Any]

    @property
    def bundle(self) -> str:
        return str(self.training["bundle"])

    def file(self, stream: str) -> str:
        """A recording of one part."""
        folder = {"acoustic": "sound", "thermal": "frames", "enose": "gas"}[stream]
        return str(sorted((self.manifest.parent / folder).iterdir())[0])


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), standalone_mode=True)


def answer(*arguments: str) -> dict[str, Any]:
    """The JSON object of a command that must succeed; nothing else may stand on stdout."""
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    return dict(json.loads(line))


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    folder = tmp_path_factory.mktemp("main_job")
    manifest = write_manifest(folder / "own", 100)
    station = folder / "line1"
    assert call("init", str(station), "--from", str(manifest)).exit_code == 0
    answer("import", str(manifest), "--station", str(station))
    return Line(station, manifest, answer("train", "--station", str(station), "--epochs", "1"))


def test_training_says_where_the_bundle_is_and_how_it_ended(line: Line) -> None:
    assert Path(line.bundle).parent == line.station / "bundles"
    assert line.training["ended"] == "end of the schedule; 1 epochs"
    assert line.training["parity_max_abs_difference"] <= 1e-5
    manifest = json.loads((Path(line.bundle) / "manifest.json").read_text())
    assert manifest["digest"][:12] == Path(line.bundle).name
    assert set(manifest["streams"]) == set(STREAMS)
    assert manifest["provenance"]["train_items"] > 50


def test_the_evaluation_has_every_task_every_subset_and_the_latency(line: Line) -> None:
    result = answer("evaluate", line.bundle, str(line.manifest), "--split", "test")
    assert {"bundle", "items", "tasks", "subsets", "latency_ms"} <= set(result)
    assert {"label", "label.acoustic", "label.thermal", "label.enose"} <= set(result["tasks"])
    assert all(set(figures) >= FIGURES for figures in result["tasks"].values())
    assert len(result["subsets"]) == 7
    assert "acoustic+thermal" in result["subsets"]
    assert 0 < result["latency_ms"]["p50"] <= result["latency_ms"]["p99"]


def test_the_training_can_be_read_as_a_page_with_its_floor_and_what_faults_would_do(line: Line, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert answer("report", line.bundle, "--out", str(page))["bytes"] == page.stat().st_size
    text = page.read_text(encoding="utf-8")
    assert "Training ended: end of the schedule; 1 epochs." in text
    assert "McNemar mid-p" in text
    assert "Exact Shapley values" in text
    assert all(f"<td>{fault}</td>" in text for fault in ("removed", "constant", "saturated", "swapped", "attacked"))
    assert line.training["bundle"].rpartition("/")[2] in text


def test_the_report_says_of_validation_what_the_exported_graph_says_of_the_same_recordings(line: Line) -> None:
    found = answer("evaluate", line.bundle, str(line.manifest), "--split", "val")
    told = Training.of(Bundle(Path(line.bundle)))
    escape, overkill, _ = (rate for _, _, rate in verdict_rates(told))
    assert asdict(escape) == found["verdicts"]["escape"]
    assert asdict(overkill) == found["verdicts"]["overkill"]
    right = right_classes(told)
    assert right is not None
    assert right.count / right.total == pytest.approx(found["tasks"]["label"]["accuracy"])
    subsets = {"+".join(s.streams): s.figures for s in told.record.subsets}
    assert set(subsets) == set(found["subsets"])
    for name, figures in subsets.items():
        for figure in ("accuracy", "auc", "log_loss"):
            assert figures[figure] == pytest.approx(found["subsets"][name][figure], abs=1e-4)


def test_a_part_with_all_its_recordings_gets_a_verdict_with_its_reason(line: Line) -> None:
    options = [word for stream in STREAMS for word in (f"--{stream}", line.file(stream))]
    result = answer("inspect", line.bundle, *options)
    assert result["verdict"] in {"PASS", "REJECT", "REVIEW"}
    assert all(stream in result["reason"] for stream in STREAMS)
    assert sum(result["tasks"]["label"].values()) == pytest.approx(1, abs=1e-5)
    assert set(result["novelty_by_stream"]) == set(STREAMS)
    assert 0 < result["novelty"] <= 1


def test_a_part_without_a_required_stream_never_passes(line: Line) -> None:
    result = answer("inspect", line.bundle, "--acoustic", line.file("acoustic"))
    assert result["verdict"] != "PASS"
    assert "thermal absent" in result["reason"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--smell", "x.csv"], "--smell"),
        (["--acoustic"], "a file is missing"),
        ([], "no recording given"),
    ],
)
def test_wrong_usage_of_inspect_exits_with_2_and_names_what_is_allowed(
    line: Line, options: list[str], words: str
) -> None:
    result = call("inspect", line.bundle, *options)
    assert result.exit_code == 2
    assert words in result.output
    assert "--enose" in result.output or words == "a file is missing"


def test_a_damaged_bundle_is_refused_with_exit_code_1(line: Line, tmp_path: Path) -> None:
    copy = tmp_path / Path(line.bundle).name
    shutil.copytree(line.bundle, copy)
    (copy / "model.onnx").write_bytes((copy / "model.onnx").read_bytes()[:-1])
    result = call("evaluate", str(copy), str(line.manifest))
    assert result.exit_code == 1
    assert "truncated or changed" in result.output


def test_the_exported_folder_holds_all_that_another_program_needs(line: Line, tmp_path: Path) -> None:
    result = answer("export", line.bundle, "--to", str(tmp_path / "elsewhere"))
    names = {Path(file).name for file in result["files"]}
    assert names == {"model.onnx", "labels.json", "example.py", "README.md"}


def test_a_configuration_that_asks_in_vain_exits_with_2(line: Line, tmp_path: Path) -> None:
    station = tmp_path / "line2"
    shutil.copytree(line.station, station)
    text = (station / "station.toml").read_text()
    assert 'weighting = "fixed"' in text
    (station / "station.toml").write_text(text.replace('weighting = "fixed"', 'weighting = "magic"'))
    result = call("train", "--station", str(station), "--epochs", "1")
    assert result.exit_code == 2
    assert "no weighting 'magic'; there are: " in result.output


def test_a_box_that_holds_the_base_installation_alone_does_all_but_training(line: Line, tmp_path: Path) -> None:
    python = make_base_environment(tmp_path / "box")

    def on_the_box(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([python, "-m", "qc_station", *arguments], cwd=tmp_path, capture_output=True, text=True)

    for module in ("torch", "librosa", "sklearn", "serial", "mcap"):
        assert subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 1
    options = [word for stream in STREAMS for word in (f"--{stream}", line.file(stream))]
    station, manifest = str(tmp_path / "line1"), str(line.manifest)
    for arguments in (
        ("init", station, "--from", manifest),
        ("import", manifest, "--station", station),
        ("evaluate", line.bundle, manifest, "--split", "test"),
        ("inspect", line.bundle, *options),
        ("explain", line.bundle, *options),
        ("explain", line.bundle, "part-00000", "--station", str(line.station), "--out", str(tmp_path / "why.png")),
        ("drift", "--station", str(line.station)),
        ("export", line.bundle, "--to", str(tmp_path / "elsewhere")),
        ("doctor", "--station", str(line.station)),
        ("sensors", "--list"),
    ):
        done = on_the_box(*arguments)
        assert done.returncode == 0, done.stderr
    manifest_of_bundle = json.loads((Path(line.bundle) / "manifest.json").read_text())
    shape = manifest_of_bundle["streams"]["enose"]["shape"]
    np.save(tmp_path / "gas.npy", np.ones(shape, np.float32))
    example = [python, tmp_path / "elsewhere" / "example.py", "--enose", tmp_path / "gas.npy"]
    assert "label" in subprocess.run(example, capture_output=True, text=True, check=True).stdout
    refused = on_the_box("train", "--station", station)
    assert refused.returncode == 2
    assert "pip install" in refused.stderr
    assert "Traceback" not in refused.stderr
