"""The exported folder stands on its own: its example gives the runtime's probabilities with plain onnxruntime."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
import soundfile

from deploy.bundle import Bundle
from deploy.elsewhere.folder import write_folder
from deploy.errors import BundleError
from deploy.runtime import Runtime
from tests.synthetic import SPECS, raw_windows


@pytest.fixture
def folder(bundle_folder: Path, tmp_path: Path) -> Path:
    write_folder(Bundle(bundle_folder), tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """A part and the files that hold it."""
    part = {s.name: raw_windows(s, 1, 4)[0] for s in SPECS}
    files = {"acoustic": "a.flac", "thermal": "t.png", "enose": "e.csv"}
    soundfile.write(tmp_path / "a.flac", part["acoustic"].T, 16000, subtype="PCM_16")
    cv2.imwrite(str(tmp_path / "t.png"), part["thermal"][0])
    np.savetxt(tmp_path / "e.csv", part["enose"].T, delimiter=",", header="a,b,c", comments="", fmt="%.9g")
    return part, {n: str(tmp_path / f) for n, f in files.items()}


def example(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    # -I: neither the working folder nor PYTHONPATH, so nothing of the product can be imported by accident.
    command = [sys.executable, "-I", str(folder / "example.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.mark.parametrize("streams", [("acoustic", "thermal", "enose"), ("acoustic",), ("thermal", "enose")])
def test_the_example_gives_the_runtimes_probabilities(
    folder: Path,
    runtime: Runtime,
    recordings: tuple[dict[str, np.ndarray], dict[str, str]],
    streams: tuple[str, ...],
) -> None:
    part, files = recordings
    done = example(folder, [word for n in streams for word in (f"--{n}", files[n])])
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = {}
    for line in done.stdout.splitlines():
        found |= json.loads(line)
    scores = runtime.scores({n: part[n] for n in streams})
    assert found["label"] == pytest.approx(runtime.named("label", scores), abs=1e-5)
    assert found["severity"] == pytest.approx(float(scores.outputs["severity"][0]), abs=1e-5)
    assert ("label.acoustic" in found) == ("acoustic" in streams)


def test_arrays_are_taken_too(folder: Path, runtime: Runtime, tmp_path: Path) -> None:
    window = raw_windows(SPECS[2], 1, 4)[0]
    np.save(tmp_path / "e.npy", window)
    done = example(folder, ["--enose", str(tmp_path / "e.npy")])
    wanted = runtime.named("label", runtime.scores({"enose": window}))
    assert json.loads(done.stdout.splitlines()[0])["label"] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("arguments", [[], ["--smell", "x.csv"]])
def test_the_example_says_what_it_takes(folder: Path, arguments: list[str]) -> None:
    done = example(folder, arguments)
    assert done.returncode == 1
    assert "--acoustic FILE, --thermal FILE, --enose FILE" in done.stderr


def test_the_example_names_a_wrong_shape(folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", np.zeros((3, 9)))
    done = example(folder, ["--enose", str(tmp_path / "e.npy")])
    assert done.returncode == 1
    assert "shape (3, 9); the model takes (3, 8)" in done.stderr


def test_labels_and_readme_name_every_input_and_output(folder: Path, bundle_folder: Path) -> None:
    manifest = Bundle(bundle_folder).manifest
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert labels["bundle"] == manifest.digest
    assert list(labels["streams"]) == list(manifest.streams)
    assert labels["tasks"]["label"]["classes"] == ["ok", "crack", "leak"]
    for name in (*manifest.streams, *manifest.outputs, "presence"):
        assert f"`{name}`" in readme
    assert "python example.py --acoustic acoustic.flac --thermal thermal.png --enose enose.csv" in readme
    assert "probabilities of ok, crack, leak, by enose alone" in readme


def test_the_readme_says_how_the_station_decides_and_how_a_browser_asks(folder: Path, bundle_folder: Path) -> None:
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "passing costs\n10 p, rejecting 1 (1 - p), and asking a person 0.5." in readme
    assert "over all classes but ok" in readme
    assert "A part that lacks one of acoustic, thermal never passes." in readme
    manifest = Bundle(bundle_folder).manifest
    for name, stream in manifest.streams.items():
        size, shape = int(np.prod(stream.shape)), [1, *stream.shape]
        assert f'"{name}": new ort.Tensor("float32", new Float32Array({size}), {shape}),' in readme
    assert 'presence: new ort.Tensor("bool", [true, true, true], [1, 3]),' in readme
    assert 'console.log(found["label"].data);' in readme


def test_novelty_is_documented_as_what_it_is(bundle_folder: Path, tmp_path: Path) -> None:
    bundle = Bundle(bundle_folder)
    outputs = (*bundle.manifest.outputs[:-1], "novelty", "novelty:enose", "embedding")
    bundle.manifest = msgspec.structs.replace(bundle.manifest, outputs=outputs, verdicts={"novelty_p": 0.01})
    write_folder(bundle, tmp_path / "out")
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "| `novelty` | float32 | (batch, 1) | p-value of novelty by all streams that are present" in readme
    assert "| `novelty:enose` | float32 | (batch, 1) | p-value of novelty by enose alone" in readme
    assert "a person is asked where `novelty` is at most 0.01." in readme


def test_other_files_of_the_folder_are_left_alone(bundle_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    written = write_folder(Bundle(bundle_folder), tmp_path)
    assert sorted(p.name for p in written) == ["README.md", "example.py", "labels.json", "model.onnx"]
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_a_target_that_is_a_file_is_refused(bundle_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="file cannot be written"):
        write_folder(Bundle(bundle_folder), tmp_path / "file")
