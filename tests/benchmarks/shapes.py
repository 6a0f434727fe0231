"""The three streams that the benchmarks of the runtime share, and a bundle of them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from deploy.bundle import BundleStream, BundleTask, Manifest, write_bundle
from deploy.export import to_onnx
from deploy.runtime import PRESENCE, session
from models.deciding import Deciding
from models.injection import InputSpec
from models.network import MultimodalNetwork
from models.tasks import Task

SPECS = (
    InputSpec(name="acoustic", kind="waveform", shape=(1, 2048), rate_hz=48000.0, dtype="int16"),
    InputSpec(name="thermal", kind="image", shape=(1, 40, 24), dtype="uint8"),
    InputSpec(name="enose", kind="series", shape=(1, 10)),
)
TASKS = (
    Task(name="label", stream=None, classes=("ok", "crack"), frequencies=(0.7, 0.3)),
    Task(name="severity", stream=None, classes=(), frequencies=(1.0, 0.5)),
    *(Task(name=f"label.{s.name}", stream=s.name, classes=("ok", "bad"), frequencies=(0.5, 0.5)) for s in SPECS),
)


def windows(items: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Raw noise in each stream's dtype, shape (items, *shape)."""
    random = np.random.default_rng(seed)
    return {
        "acoustic": random.integers(-8000, 8000, (items, 1, 2048), dtype=np.int16),
        "thermal": random.integers(20, 220, (items, 1, 40, 24), dtype=np.uint8),
        "enose": random.uniform(1, 3, (items, 1, 10)).astype(np.float32),
    }


def deciding() -> Deciding:
    """An untrained network whose scales fit the noise."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = MultimodalNetwork(SPECS, TASKS).eval()
    with torch.no_grad():
        for name, window in windows(64).items():
            network.encoders[name].fit(torch.from_numpy(window.astype(np.float32)))
    return Deciding(network).eval()


def bundle(parent: Path) -> Path:
    """Export and write it."""
    network = deciding()
    model, names = to_onnx(network), network.output_names()
    inputs: dict[str, Any] = {n: w.astype(np.float32) for n, w in windows(3).items()}
    inputs[PRESENCE] = np.ones((3, len(SPECS)), np.bool_)
    outputs = dict(zip(names, session(model, 1).run(names, inputs), strict=True))
    streams = {
        s.name: BundleStream(
            kind=s.kind, shape=s.shape, dtype=s.dtype, rate_hz=s.rate_hz, unit="1", required=True, table={}
        )
        for s in SPECS
    }
    manifest = Manifest(
        station="benchmark",
        streams=streams,
        tasks={t.name: BundleTask(stream=t.stream, classes=t.classes) for t in TASKS},
        outputs=tuple(names),
        ok_classes=("ok",),
        costs={},
        provenance={},
        figures={},
    )
    return write_bundle(parent, manifest, model, inputs, outputs)
