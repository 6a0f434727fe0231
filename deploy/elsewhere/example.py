"""Decide about one part with plain onnxruntime: python example.py --STREAM FILE ...

Needs numpy and onnxruntime; soundfile for WAV and FLAC, opencv-python-headless for images. Every stream may also be an
.npy array in the shape that labels.json names. A stream that is left out is absent.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

HERE = Path(__file__).parent


def read(file: str, stream: dict) -> np.ndarray:  # type: ignore[type-arg]
    """A recording as the raw window that the graph takes, shape as in labels.json, float32."""
    ending = Path(file).suffix.lower()
    if ending == ".npy":
        data = np.load(file, allow_pickle=False)
    elif ending in (".wav", ".flac"):
        import soundfile

        data = soundfile.read(file, dtype=stream["dtype"], always_2d=True)[0].T
    elif ending == ".csv":
        data = np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2).T
    else:
        import cv2

        frames = cv2.imreadmulti(file, flags=cv2.IMREAD_UNCHANGED)[1]
        data = np.stack([f if f.ndim == 2 else f[:, :, 0] for f in frames])
    if data.shape != tuple(stream["shape"]):
        sys.exit(f"{file}: shape {data.shape}; the model takes {tuple(stream['shape'])}")
    return np.ascontiguousarray(data, np.float32)


def main(arguments: list[str]) -> None:
    """Print the probabilities of every task."""
    labels = json.loads((HERE / "labels.json").read_text(encoding="utf-8"))
    files = dict(zip((a.removeprefix("--") for a in arguments[::2]), arguments[1::2], strict=True))
    unknown = set(files) - set(labels["streams"])
    if unknown or not files:
        sys.exit(
            f"give at least one of {', '.join(f'--{s} FILE' for s in labels['streams'])}; unknown: {sorted(unknown)}"
        )
    feed = {n: np.zeros((1, *s["shape"]), np.float32) for n, s in labels["streams"].items()}
    feed.update({n: read(f, labels["streams"][n])[None] for n, f in files.items()})
    feed["presence"] = np.array([[n in files for n in labels["streams"]]])
    session = onnxruntime.InferenceSession(HERE / "model.onnx", providers=["CPUExecutionProvider"])
    for task, about in labels["tasks"].items():
        if about["stream"] not in (None, *files):
            continue
        (row,) = session.run([task], feed)[0]
        shown = dict(zip(about["classes"], row.tolist(), strict=True)) if about["classes"] else float(row[0])
        print(json.dumps({task: shown}))


if __name__ == "__main__":
    main(sys.argv[1:])
