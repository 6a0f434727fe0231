"""Small networks, arrays and a bundle of made-up streams; nothing here is a measurement."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from deploy.bundle import BundleStream, BundleTask, Manifest, write_bundle
from deploy.export import to_onnx
from deploy.runtime import PRESENCE, session
from models.deciding import Deciding
from models.injection import ABSENT, Dataset, InputSpec
from models.network import MultimodalNetwork
from models.tasks import Task
from qc_station.config.station import StreamConfig

ACOUSTIC = InputSpec(name="acoustic", kind="waveform", shape=(1, 256), rate_hz=16000.0, dtype="int16")
THERMAL = InputSpec(name="thermal", kind="image", shape=(1, 12, 10), dtype="uint8")
ENOSE = InputSpec(name="enose", kind="series", shape=(3, 8))
SPECS = (ACOUSTIC, THERMAL, ENOSE)
CLASSES = ("ok", "crack", "leak")
LABEL = Task(name="label", stream=None, classes=CLASSES, frequencies=(0.6, 0.3, 0.1))
SEVERITY = Task(name="severity", stream=None, classes=(), frequencies=(2.0, 0.5))
LABEL_ACOUSTIC = Task(name="label.acoustic", stream="acoustic", classes=("ok", "knock"), frequencies=(0.5, 0.5))
TASKS = (LABEL, SEVERITY, LABEL_ACOUSTIC)
TABLES = {
    "acoustic": StreamConfig(kind="waveform", rate_hz=16000.0, dtype="int16", window_s=0.016),
    "thermal": StreamConfig(kind="image", dtype="uint8", height=12, width=10),
    "enose": StreamConfig(kind="series", channels=("a", "b", "c"), window_steps=8, required=False),
}


def raw_windows(spec: InputSpec, items: int, seed: int = 0) -> np.ndarray:
    """Noise in the stream's own dtype and range."""
    random = np.random.default_rng(seed)
    shape = (items, *spec.shape)
    if spec.dtype == "int16":
        return random.integers(-8000, 8000, shape, dtype=np.int16)
    if spec.dtype == "uint8":
        return random.integers(20, 220, shape, dtype=np.uint8)
    return random.uniform(1.0, 3.0, shape).astype(np.float32)


def network(specs: tuple[InputSpec, ...] = SPECS, tasks: tuple[Task, ...] = TASKS, seed: int = 0) -> MultimodalNetwork:
    """An untrained network whose scales fit the noise, in evaluation mode."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    built = MultimodalNetwork(specs, tasks).eval()
    with torch.no_grad():
        for spec in specs:
            built.encoders[spec.name].fit(torch.from_numpy(raw_windows(spec, 16).astype(np.float32)))
    return built


def dataset(items: int, *, specs: tuple[InputSpec, ...] = (THERMAL, ENOSE), seed: int = 0) -> Dataset:
    """Parts that are bad where one stream shows it: label 1 where either stream's own class is 1."""
    random = np.random.default_rng(seed)
    windows, own = {}, {}
    for spec in specs:
        own[spec.name] = random.integers(0, 2, items)
        windows[spec.name] = raw_windows(spec, items, seed + 1)
        shown = own[spec.name] == 1
        # A defect: the first half of the last axis reads a third.
        part = windows[spec.name][shown][..., : spec.shape[-1] // 2]
        windows[spec.name][shown, ..., : spec.shape[-1] // 2] = part // 3 if part.dtype.kind != "f" else part / 3
    label = np.max(list(own.values()), axis=0)
    targets = {"label": label} | {f"label.{name}": values for name, values in own.items()}
    rows = {spec.name: np.arange(items) for spec in specs}
    return Dataset(windows=windows, rows=rows, targets={n: v.astype(np.float32) for n, v in targets.items()})


def tasks_for(specs: tuple[InputSpec, ...] = (THERMAL, ENOSE)) -> tuple[Task, ...]:
    """The tasks of `dataset`."""
    whole = Task(name="label", stream=None, classes=("ok", "bad"), frequencies=(0.25, 0.75))
    single = [Task(name=f"label.{s.name}", stream=s.name, classes=("ok", "bad"), frequencies=(0.5, 0.5)) for s in specs]
    return (whole, *single)


def without(data: Dataset, stream: str, items: list[int]) -> Dataset:
    """The same items, some of them without a stream."""
    rows = {name: table.copy() for name, table in data.rows.items()}
    rows[stream][items] = ABSENT
    return Dataset(windows=data.windows, rows=rows, targets=data.targets)


def exported_network() -> tuple[Deciding, bytes]:
    """An untrained three-stream network with temperatures off 1, and its ONNX bytes."""
    deciding = Deciding(network()).eval()
    for number, (name, buffer) in enumerate(deciding.named_buffers(recurse=False)):
        if name.startswith("temperature"):
            buffer.copy_(0.5 + 0.1 * number + 0.2 * torch.arange(len(buffer)))
    return deciding, to_onnx(deciding)


def manifest(**changes: Any) -> Manifest:
    """The manifest of the synthetic bundle."""
    outputs = tuple(Deciding(network()).output_names())
    streams = {
        spec.name: BundleStream(
            kind=spec.kind,
            shape=spec.shape,
            dtype=spec.dtype,
            rate_hz=spec.rate_hz,
            unit="1",
            required=TABLES[spec.name].required,
            table=msgspec.to_builtins(TABLES[spec.name]),
        )
        for spec in SPECS
    }
    fields: dict[str, Any] = {
        "station": "synthetic",
        "streams": streams,
        "tasks": {t.name: BundleTask(stream=t.stream, classes=t.classes) for t in TASKS},
        "outputs": outputs,
        "ok_classes": ("ok",),
        "costs": {"escape": 10.0, "overkill": 1.0, "review": 0.5},
        "provenance": {"seed": 0},
        "figures": {"validation_loss": {"label:joint": 0.25}},
    }
    return Manifest(**(fields | changes))


def write_synthetic_bundle(parent: Path, deciding: Deciding, model: bytes, **changes: Any) -> Path:
    """Write the bundle with a self-test of three parts."""
    inputs: dict[str, Any] = {s.name: raw_windows(s, 3).astype(np.float32) for s in SPECS}
    inputs[PRESENCE] = np.ones((3, len(SPECS)), np.bool_)
    names = deciding.output_names()
    outputs = dict(zip(names, session(model, 1).run(names, inputs), strict=True))
    return write_bundle(parent, manifest(**changes), model, inputs, outputs)
