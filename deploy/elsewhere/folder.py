"""Write a bundle's model for use in another program."""

import json
import math
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from deploy.bundle import MODEL, NOVELTY, Bundle
from deploy.errors import BundleError
from deploy.promises import COSTS

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
All inputs have to be given, dense and in row-major order; `batch` is free and the same for all. The model has no rate of its own:
a window of another rate has to be resampled before.

## Outputs

| name | type | shape | what it holds |
|---|---|---|---|
{outputs}

`labels.json` holds the same for programs.{decision}

## In a browser or Node.js

`npm install onnxruntime-web`; here every stream is silent and present, and one number of an array stands for one sample:

```js
import * as ort from "onnxruntime-web";

const model = await ort.InferenceSession.create("model.onnx"); // a URL, or the bytes of the file
const found = await model.run({{
{feed}
}});
console.log(found[{first}].data);
```

## In C++

The same inputs as `Ort::Value::CreateTensor<float>` with the shapes above, `presence` as `CreateTensor<bool>`, and
`Ort::Session::Run` with the names of inputs and outputs; no other package and no preprocessing is needed.
"""

VERDICT = """

## From probabilities to a decision

The station takes the decision of least expected cost. With p, the sum of `label` over all classes but {good}, passing costs
{escape:g} p, rejecting {overkill:g} (1 - p), and asking a person {review:g}. {novel}
{required} Where an escape rate was proved
(`qc-station operate`), the thresholds of that proof stand in the place of the costs; they are not in this folder."""


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
            n: {
                "kind": s.kind,
                "shape": s.shape,
                "dtype": s.dtype,
                "rate_hz": s.rate_hz,
                "unit": s.unit,
                "required": s.required,
            }
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
        decision=_decides(bundle),
        feed=_feed(bundle),
        first=json.dumps(manifest.outputs[0]),
    )


def _decides(bundle: Bundle) -> str:
    """How the station comes to a verdict; nothing where no class of the whole part means a good one."""
    manifest = bundle.manifest
    if "label" not in manifest.tasks or not manifest.ok_classes:
        return ""
    threshold = manifest.threshold("novelty_p")
    required = [name for name, stream in manifest.streams.items() if stream.required]
    return VERDICT.format(
        good=" and ".join(manifest.ok_classes),
        **{name: manifest.costs.get(name, 0.0) for name in COSTS},
        novel=f"Whatever that is, a person is asked where `novelty` is at most {threshold:g}." if threshold else "",
        required=f"A part that lacks one of {', '.join(required)} never passes."
        if required
        else "No stream is required.",
    )


def _feed(bundle: Bundle) -> str:
    """Every input for onnxruntime-web, with one silent part."""
    lines = [
        f'  {json.dumps(name)}: new ort.Tensor("float32", new Float32Array({math.prod(s.shape)}), {[1, *s.shape]}),'
        for name, s in bundle.manifest.streams.items()
    ]
    there = ", ".join("true" for _ in lines)
    return "\n".join([*lines, f'  presence: new ort.Tensor("bool", [{there}], [1, {len(lines)}]),'])


def _holds(stream: Any) -> str:
    rate = f", {stream.rate_hz:g} Hz" if stream.rate_hz else ""
    rate += f", in {stream.unit}" if stream.unit != "1" else ""
    axes = {"waveform": "channels, samples", "image": "frames, height, width", "series": "channels, steps"}
    return f"{stream.kind} ({axes.get(stream.kind, 'as recorded')}) of {stream.dtype}{rate}"


def _gives(bundle: Bundle, output: str) -> str:
    task, _, who = output.partition(":")
    about = bundle.manifest.tasks.get(task)
    if task == NOVELTY:
        seen = f"{who} alone" if who else "all streams that are present"
        return f"(batch, 1) | p-value of novelty by {seen}: how many known parts look as strange; small is strange"
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
