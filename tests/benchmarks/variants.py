"""Graphs in int8 (QDQ, calibrated on training items) and fp16 beside float32: speed at batch 1, and agreement.

What `qc-station quantize` makes, measures and offers, see `deploy.quantization` and `qc_station.smaller`; agreement is on
validation items at the bundle's own operating point. Nothing is written into the station. Without --station a simulated
line is recorded and trained first (`qc-station demo`), which takes some minutes.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.runtime import Runtime
from qc_station.bundles import FOLDER
from qc_station.smaller import variants
from qc_station.store import Store


def told(station: Path) -> dict[str, Any]:
    """All variants of the newest bundle of a station."""
    bundle = max((f for f in (station / FOLDER).iterdir() if f.is_dir()), key=lambda folder: folder.stat().st_mtime)
    with Store.open(station) as store, tempfile.TemporaryDirectory() as folder:
        learnt, held = (list(store.items(splits=(split,))) for split in ("train", "val"))
        found = variants(Runtime(bundle), learnt, held, Path(folder), station=station)
    return {one.name: {k: v for k, v in one.as_json().items() if k != "bundle"} for one in found}


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--station", type=Path, help="With items and a bundle; without it the demo's is made.")
    station = parser.parse_args().station
    with tempfile.TemporaryDirectory() as folder:
        if station is None:
            from click.testing import CliRunner

            from qc_station.cli import cli

            station = Path(folder) / "demo"
            CliRunner().invoke(cli, ["demo", "--folder", str(station), "--json"], catch_exceptions=False)
        found = told(station)
    result = {
        "benchmark": "variants",
        "baseline": "the same graph in float32",
        "ratio": {name: round(1 / row["gain"], 4) if "gain" in row else None for name, row in found.items()},
        "offered": [name for name, row in found.items() if not row["refused"]],
        "onnxruntime": onnxruntime.__version__,
        **found,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
