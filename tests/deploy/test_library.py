"""The runtime is a library of its own: ten lines inspect a part where nothing of training and nothing above it is to be had."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import deploy.runtime
from deploy.keys import PRIVATE, PUBLIC, make_keys
from deploy.runtime import WARM_UP, Runtime
from tests.tiny_bundle import tiny_bundle

ROOT = Path(__file__).parents[2]
POISONED = """
import sys
gone = ["torch", "librosa", "scipy", "sklearn", "onnx", "onnxscript", "torchjd", "models", "qc_station", "click", "rich",
        "cv2", "soundfile", "cryptography"]
sys.modules.update(dict.fromkeys(gone))
"""
TEN_LINES = """
import sys
from pathlib import Path
import numpy as np
from deploy.runtime import Runtime
runtime = Runtime(Path(sys.argv[1]))
knock = np.array([[100, 200, -300, 400]], np.int16)
scores = runtime.scores({"sound": knock})
named = runtime.named("label", scores)
print(max(named, key=named.get), round(sum(named.values()), 5), scores.streams)
"""
OTHERS = """
print(sorted(name for name in gone if sys.modules.get(name) is not None))
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bundle(tmp_path_factory.mktemp("bundles"))


def test_ten_lines_inspect_a_part_without_anything_of_training_or_of_the_application(folder: Path) -> None:
    assert len(TEN_LINES.strip().splitlines()) <= 10
    done = run(POISONED + TEN_LINES + OTHERS, str(folder))
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["ok 1.0 ('sound',)", "[]"]


def test_what_is_poisoned_would_be_missed() -> None:
    done = run(POISONED + "import torch")
    assert "ModuleNotFoundError" in done.stderr


def test_only_a_required_signature_imports_the_package_for_it(folder: Path, tmp_path: Path) -> None:
    make_keys(tmp_path)
    code = """
import sys
from pathlib import Path
from deploy.bundle import Bundle
from deploy.signature import require_signature, sign
bundle, keys = Bundle(Path(sys.argv[1])), Path(sys.argv[2])
print("cryptography" in sys.modules)
sign(bundle, keys / sys.argv[3])
require_signature(bundle, keys / sys.argv[4])
print("cryptography" in sys.modules)
"""
    done = run(code, str(tiny_bundle(tmp_path / "bundles")), str(tmp_path), PRIVATE, PUBLIC)
    assert (done.stdout.split(), done.stderr) == (["False", "True"], "")
    assert not (folder / "signature.json").exists()


def test_a_runtime_is_warm_before_the_first_part(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, shapes = deploy.runtime.session, []

    class Heard:
        """A session that notes how many parts it was given at a time."""

        def __init__(self, *arguments: Any) -> None:
            self.made = real(*arguments)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.made, name)

        def run(self, names: list[str], feed: dict[str, Any]) -> Any:
            shapes.append(len(feed["sound"]))
            return self.made.run(names, feed)

    monkeypatch.setattr(deploy.runtime, "session", Heard)
    Runtime(folder)
    assert shapes == [2] + [1] * WARM_UP
