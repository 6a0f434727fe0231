"""The lines of Python in the README inspect a part as they stand, where nothing of training is to be had."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import soundfile

from qc_station.config.station import StationConfig, StreamConfig
from tests.constant_bundle import constant_bundle

ROOT = Path(__file__).parents[1]
(LINES,) = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)
GONE = ["torch", "librosa", "scipy", "sklearn", "onnx", "torchjd", "models", "qc_station"]
STATION = StationConfig(
    name="readme",
    streams={
        "acoustic": StreamConfig(kind="waveform", rate_hz=8000.0, dtype="int16", window_s=0.1),
        "thermal": StreamConfig(kind="image", dtype="uint16", height=12, width=16),
        "enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=5, required=False),
    },
)


def test_ten_lines_print_the_probabilities_of_the_part(tmp_path: Path) -> None:
    assert len([line for line in LINES.splitlines() if line.strip()]) <= 10
    bundle = constant_bundle(tmp_path, STATION, bad=0.03)
    soundfile.write(tmp_path / "a.flac", np.arange(800, dtype=np.int16), 8000)
    cv2.imwrite(str(tmp_path / "t.png"), np.full((12, 16), 30000, np.uint16))
    code = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nsys.modules.update(dict.fromkeys({GONE!r}))\n"
    code += re.sub(r'"line1/bundles/\w+"', json.dumps(str(bundle)), LINES)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ast.literal_eval(done.stdout) == {"ok": float(np.float32(0.97)), "crack": float(np.float32(0.03))}
