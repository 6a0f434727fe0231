"""The real recordings as manifests, and the main job on them as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = [sys.executable, "-m", "qc_station"]


def data() -> Path:
    """The folder of the real recordings.

    Raises:
        RuntimeError: QC_REAL_DATA does not name it; a real-data test fails then, it is never skipped.
    """
    folder = Path(os.environ.get("QC_REAL_DATA", "")).resolve()
    if not (folder / "acoustic").is_dir():
        raise RuntimeError(
            f"QC_REAL_DATA must name the folder of the real recordings, got {os.environ.get('QC_REAL_DATA')!r}"
        )
    return folder


def manifest(name: str, out: Path) -> Path:
    """Write one set; returns its manifest.csv."""
    script = data().parent / "tools" / "make_manifests.py"
    subprocess.run([sys.executable, str(script), str(data()), str(out), name], check=True, capture_output=True)
    return out / name / "manifest.csv"


def run(*arguments: str, code: int = 0) -> dict[str, Any]:
    """Run a command with --json and return its object."""
    done = subprocess.run([*PROGRAM, *arguments, "--json"], capture_output=True, text=True, check=False)
    if done.returncode != code:
        raise AssertionError(f"qc-station {' '.join(arguments)} gave {done.returncode}:\n{done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def prepare(manifest_file: Path, station: Path) -> None:
    """init and import."""
    run("init", str(station), "--from", str(manifest_file))
    run("import", str(manifest_file), "--station", str(station))


def main_job(manifest_file: Path, station: Path, *train: str) -> dict[str, Any]:
    """init, import, train, evaluate on the test split; the evaluation with the training's summary under "training"."""
    prepare(manifest_file, station)
    training = run("train", "--station", str(station), *train)
    return run("evaluate", training["bundle"], str(manifest_file), "--split", "test") | {"training": training}
