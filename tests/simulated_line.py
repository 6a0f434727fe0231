"""A small network of the simulated line that is trained here, without the report; what it says is simulated."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from deploy.bundle import BundleTask, Manifest, write_bundle
from deploy.export import to_onnx
from deploy.runtime import PRESENCE, session
from models.calibration import calibrate
from models.deciding import Deciding
from models.novelty.fitting import fit_novelty
from qc_station.bundles import bundle_streams
from qc_station.items import Item
from qc_station.learning.training import prepare
from qc_station.line.shift import grouped, split_by_time
from qc_station.line.simulation import shift, station
from qc_station.novelty import NOVELTY_P, reachable


def recorded(seed: int, parts: int) -> list[Item]:
    """A shift with its truth, split by time; its names begin with its seed."""
    passed = ((snapshot, part.labels) for snapshot, part in shift(seed, parts))
    items = split_by_time(grouped(passed, shift=f"shift{seed}", streams=station().streams))
    return [replace(item, name=f"{seed}-{item.name}") for item in items]


def shifts(count: int, parts: int) -> list[Item]:
    """Shifts of the seeds 1 to `count`: air, room and floor differ, and a later shift is not new to who learnt them."""
    return [item for seed in range(1, count + 1) for item in recorded(seed, parts)]


def network(items: Sequence[Item], *, epochs: int) -> Deciding:
    """Train, calibrate and fit novelty on one thread."""
    config = station()
    chosen = msgspec.structs.replace(config.training, epochs=epochs, threads=1)
    ready = prepare(msgspec.structs.replace(config, training=chosen), items)
    deciding = Deciding(ready.trainer.run().network).eval()
    calibrate(deciding, ready.val)
    fit_novelty(deciding, ready.train, ready.val)
    torch.set_num_threads(1)
    return deciding


def windows_of(items: Sequence[Item]) -> dict[str, np.ndarray]:
    """Raw windows by stream, shape (items, *shape), of items that have all of them."""
    return {name: np.stack([item.windows[name] for item in items]) for name in station().streams}


def write(deciding: Deciding, model: bytes, windows: Mapping[str, np.ndarray], parent: Path) -> Path:
    """Write the bundle of an exported network; the first windows, shape (at least 3, *shape), are its self-test."""
    names, config = deciding.output_names(), station()
    inputs: dict[str, Any] = {n: windows[n][:3].astype(np.float32) for n in config.inspecting}
    inputs[PRESENCE] = np.ones((3, len(config.inspecting)), np.bool_)
    outputs = dict(zip(names, session(model, 1).run(names, inputs), strict=True))
    smallest = deciding.novelty.smallest if deciding.novelty else 1.0
    manifest = Manifest(
        station=config.name,
        streams=bundle_streams(config),
        tasks={t.name: BundleTask(stream=t.stream, classes=t.classes) for t in deciding.network.tasks},
        outputs=tuple(names),
        ok_classes=config.ok_classes,
        costs=msgspec.to_builtins(config.costs),
        verdicts={NOVELTY_P: reachable(config.verdicts.novelty_p, smallest)},
        provenance={"simulated": True},
        figures={},
    )
    return write_bundle(parent, manifest, model, inputs, outputs)


def publish(deciding: Deciding, items: Sequence[Item], parent: Path) -> Path:
    """Export and write the bundle."""
    return write(deciding, to_onnx(deciding), windows_of(items[:3]), parent)


def small_bundle(parent: Path, items: Sequence[Item], *, epochs: int) -> Path:
    """Train on recorded shifts and publish; inspect a shift of another seed."""
    return publish(network(items, epochs=epochs), items, parent)
