"""A set of real recordings as arrays, and what a network trained on them says of its test items."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.calibration import calibrate
from models.deciding import Deciding
from models.floor import Floor
from models.injection import ABSENT, Dataset, InputSpec
from models.scorers import MAIN, features_of, network_scorer
from models.settings import Settings
from models.tasks import Task
from models.trainer import Trainer
from qc_station.config.loading import load_station
from qc_station.figures.scoring import classification
from qc_station.learning.datasets import as_dataset, find_tasks, input_spec
from qc_station.manifest.reading import read_manifest
from tests.real.sets import manifest, run


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSet:
    """Train, validation and test items of one manifest."""

    specs: tuple[InputSpec, ...]
    """Streams."""
    tasks: tuple[Task, ...]
    """What is asked."""
    ok: NDArray[np.bool_]
    """Which classes of the label mean a good part."""
    splits: dict[str, Dataset]
    """train, val and test."""

    @classmethod
    def read(cls, name: str) -> "RealSet":
        """The set of that name of make_manifests, streams as `init` finds them."""
        with tempfile.TemporaryDirectory() as folder:
            source, station = manifest(name, Path(folder)), Path(folder) / "line"
            run("init", str(station), "--from", str(source))
            config = load_station(station)
            items = sorted(read_manifest(source, config.streams), key=lambda item: item.name)
            parts = {split: [item for item in items if item.split == split] for split in ("train", "val", "test")}
            tasks = find_tasks(config, parts["train"])
            label = next(task for task in tasks if task.name == MAIN)
            return cls(
                specs=tuple(input_spec(name, stream) for name, stream in config.inspecting.items()),
                tasks=tasks,
                ok=np.array([c in config.ok_classes for c in label.classes]),
                splits={split: as_dataset(part, config.inspecting, tasks) for split, part in parts.items()},
            )

    def without(self, stream: str) -> "RealSet":
        """The same as if that sensor had never been there; items that had nothing else are left out."""
        return replace(
            self,
            specs=tuple(spec for spec in self.specs if spec.name != stream),
            tasks=tuple(task for task in self.tasks if task.stream != stream),
            splits={split: _without(data, stream) for split, data in self.splits.items()},
        )

    def trained(self, settings: Settings) -> Deciding:
        """A network that has learnt from the training items and is calibrated on the validation items."""
        trainer = Trainer(self.specs, self.tasks, self.splits["train"], self.splits["val"], settings)
        deciding = Deciding(trainer.run().network)
        calibrate(deciding, self.splits["val"])
        return deciding.eval()

    def figures(self, deciding: Deciding, streams: Sequence[str] | None = None) -> dict[str, float | None]:
        """Of the label of the test items that have all of these streams (None: whatever each item has), seen with no other."""
        data = self.splits["test"]
        presence, names = data.presence(), list(data.rows)
        known = ~np.isnan(data.targets[MAIN])
        if streams is not None:
            wanted = np.array([name in streams for name in names])
            known &= presence[:, wanted].all(axis=1)
            presence = presence & wanted
        features = {name: rows[known] for name, rows in features_of(deciding, data).items()}
        probabilities = network_scorer(deciding)(features, presence[known]).astype(np.float32)
        return self.scored(probabilities, data.targets[MAIN][known].astype(np.int64))

    def floor(self) -> dict[str, float | None]:
        """The classical floor on the same items."""
        label = next(task for task in self.tasks if task.name == MAIN)
        floor = Floor(list(self.specs), label, self.splits["train"])
        floor.calibrate(self.splits["val"])
        data = self.splits["test"]
        known = ~np.isnan(data.targets[MAIN])
        return self.scored(
            floor.predict_proba(data)[known].astype(np.float32), data.targets[MAIN][known].astype(np.int64)
        )

    def scored(self, probabilities: NDArray[np.float32], targets: NDArray[np.int64]) -> dict[str, float | None]:
        """Figures of the label, and how often "good" and "not good" are told apart rightly."""
        figures = classification(probabilities, targets, self.ok)
        bad = probabilities[:, ~self.ok].sum(axis=1) > 0.5
        return figures | {"ok_accuracy": float((bad == ~self.ok[targets]).mean()) if self.ok.any() else None}


def _without(data: Dataset, stream: str) -> Dataset:
    left = {name: rows for name, rows in data.rows.items() if name != stream}
    kept = np.any([rows != ABSENT for rows in left.values()], axis=0)
    return replace(
        data,
        windows={name: windows for name, windows in data.windows.items() if name != stream},
        rows={name: rows[kept] for name, rows in left.items()},
        targets={name: targets[kept] for name, targets in data.targets.items()},
        names=tuple(name for name, here in zip(data.names, kept, strict=False) if here),
        weights={name: weights[kept] for name, weights in data.weights.items() if name != stream},
    )
