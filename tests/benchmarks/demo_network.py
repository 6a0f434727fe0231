"""The network of the demo's three streams as its bundle has it, novelty included, with weights by chance: speed does not depend on them."""

from typing import Any

import numpy as np
import torch

from models.deciding import Deciding
from models.injection import Dataset
from models.network import MultimodalNetwork
from models.novelty.fitting import fit_novelty
from models.tasks import Task
from qc_station.learning.datasets import input_spec
from qc_station.line.simulation import station

CLASSES = ("ok", "crack", "leak", "loose", "overheat")
SPECS = tuple(input_spec(name, stream) for name, stream in station().inspecting.items())
SHOWN = {"acoustic": ("ok", "crack"), "thermal": ("ok", "overheat"), "enose": ("ok", "leak")}
TASKS = (
    Task(name="label", stream=None, classes=CLASSES, frequencies=(0.5, 0.14, 0.14, 0.08, 0.14)),
    Task(name="severity", stream=None, classes=(), frequencies=(0.3, 0.3)),
    *(Task(name=f"label.{n}", stream=n, classes=shown, frequencies=(0.8, 0.2)) for n, shown in SHOWN.items()),
)
ITEMS = 512
"""Enough for the convolutions on frames, which fewer than 400 would not get."""


def windows(items: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Raw noise in each stream's dtype and range, shape (items, *shape)."""
    random = np.random.default_rng(seed)
    shapes = {spec.name: (items, *spec.shape) for spec in SPECS}
    return {
        "acoustic": random.normal(0, 1500, shapes["acoustic"]).astype(np.int16),
        "thermal": random.normal(29_500, 150, shapes["thermal"]).astype(np.uint16),
        "enose": random.uniform(10, 30, shapes["enose"]).astype(np.float32),
    }


def dataset(items: int, seed: int) -> Dataset:
    """Noise with labels by chance."""
    random = np.random.default_rng(seed)
    targets: dict[str, Any] = {t.name: random.integers(0, max(2, len(t.classes)), items) for t in TASKS}
    return Dataset(
        windows=windows(items, seed),
        rows={spec.name: np.arange(items) for spec in SPECS},
        targets={name: values.astype(np.float32) for name, values in targets.items()},
    )


def deciding() -> Deciding:
    """Scaled to the noise, in evaluation mode, on one thread."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = MultimodalNetwork(SPECS, TASKS).eval()
    data = dataset(ITEMS, 1)
    with torch.no_grad():
        for name, raw in data.windows.items():
            network.encoders[name].fit(torch.from_numpy(raw.astype(np.float32)))
    built = Deciding(network).eval()
    fit_novelty(built, data, dataset(ITEMS // 4, 2))
    torch.set_num_threads(1)
    return built
