"""Write a bundle's model for use in another program."""

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from deploy.bundle import MODEL, Bundle
from deploy.errors import BundleError

README = """# Model of station {station}, bundle {name}

`model.onnx` takes the raw windows of a part, exactly as the sensors gave them, and gives calibrated probabilities.
All preprocessing is inside the graph. It runs wherever onnxruntime does: Python, C++, onnxruntime-web.

    pip install onnxruntime numpy soundfile opencv-python-headless
    python example.py {arguments}

## Inputs

| name | type | shape | what it holds |
|---|---|---|---|
{inputs}
| `presence` | bool | (batch, {count}) | whether each stream is there, in the order above; fill absent ones with zeros |

Values are cast to float32 and never scaled: a sample of 16-bit sound is -32768 to 32767, a pixel is the camera's count.

## Outputs

| name | type | shape | what it holds |
|---|---|---|---|
{outputs}

`labels.json` holds the same for programs.
"""


def write_folder(bundle: Bundle, target: Path) -> tuple[Path, ...]:
    """Write model.onnx, labels.json, example.py and README.md.

    Args:
        bundle: What to take elsewhere.
        target: Folder; made where missing, its other files are left alone.

    Returns:
        The files.

    Raises:
        BundleError: the folder cannot be written.
    """
    manifest = bundle.manifest
    labels = {
        "bundle": manifest.digest,
        "streams": {
            n: {"kind": s.kind, "shape": s.shape, "dtype": s.dtype, "rate_hz": s.rate_hz, "unit": s.unit}
            for n, s in manifest.streams.items()
        },
        "tasks": {n: {"stream": t.stream, "classes": t.classes} for n, t in manifest.tasks.items()},
        "outputs": manifest.outputs,
        "ok_classes": manifest.ok_classes,
    }
    try:
        target.mkdir(parents=True, exist_ok=True)
        (target / MODEL).write_bytes(bundle.model)
        (target / "labels.json").write_text(json.dumps(labels, indent=1) + "\n", encoding="utf-8")
        (target / "README.md").write_text(_readme(bundle), encoding="utf-8")
        with (
            (files("deploy.elsewhere") / "example.py").open("rb") as source,
            (target / "example.py").open("wb") as copy,
        ):
            shutil.copyfileobj(source, copy)
    except OSError as error:
        raise BundleError(f"{target} cannot be written: {error.strerror}") from error
    return tuple(target / name for name in (MODEL, "labels.json", "example.py", "README.md"))


def _readme(bundle: Bundle) -> str:
    manifest = bundle.manifest
    ending = {"waveform": "flac", "image": "png", "series": "csv"}
    inputs = [
        f"| `{n}` | float32 | (batch, {', '.join(map(str, s.shape))}) | {_holds(s)} |"
        for n, s in manifest.streams.items()
    ]
    return README.format(
        station=manifest.station,
        name=bundle.name,
        arguments=" ".join(f"--{n} {n}.{ending.get(s.kind, 'npy')}" for n, s in manifest.streams.items()),
        inputs="\n".join(inputs),
        count=len(manifest.streams),
        outputs="\n".join(f"| `{name}` | float32 | {_gives(bundle, name)} |" for name in manifest.outputs),
    )


def _holds(stream: Any) -> str:
    rate = f", {stream.rate_hz:g} Hz" if stream.rate_hz else ""
    axes = {"waveform": "channels, samples", "image": "frames, height, width", "series": "channels, steps"}
    return f"{stream.kind} ({axes.get(stream.kind, 'as recorded')}) of {stream.dtype}{rate}"


def _gives(bundle: Bundle, output: str) -> str:
    task, _, who = output.partition(":")
    about = bundle.manifest.tasks.get(task)
    if about is None:
        return "(batch, neurons) | the last hidden layer"
    source = (
        f"{who} alone"
        if who not in ("", "joint")
        else "the joint head"
        if who
        else "all heads that are present, averaged"
    )
    if about.stream is not None:
        source = f"{about.stream} alone"
    shape = f"(batch, {len(about.classes) or 1})"
    return f"{shape} | {'probabilities of ' + ', '.join(about.classes) if about.classes else 'a value'}, by {source}"
