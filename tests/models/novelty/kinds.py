"""Made-up parts of four classes on three streams, each defect shown by one stream."""

from collections.abc import Sequence

import numpy as np

from models.injection import Dataset
from models.tasks import Task
from tests.synthetic import ACOUSTIC, ENOSE, SPECS, THERMAL, raw_windows

CLASSES = ("ok", "hum", "hot", "leak")
LABEL = Task(name="label", stream=None, classes=CLASSES, frequencies=(0.25,) * 4)


def parts(items: int, seed: int, classes: Sequence[str] = CLASSES) -> Dataset:
    """Parts of some classes in equal shares, in a random order."""
    random = np.random.default_rng(seed)
    label = random.permutation(np.arange(items) % len(classes))
    label = np.array([CLASSES.index(classes[n]) for n in label])
    windows = {spec.name: raw_windows(spec, items, seed + 1) for spec in SPECS}
    strength = random.uniform(0.3, 1.0, items)
    for n in range(items):
        if CLASSES[label[n]] == "hum":
            tone = 5000 * strength[n] * np.sin(np.arange(ACOUSTIC.shape[1]) * 0.9 + random.uniform(0, 6))
            windows["acoustic"][n] += tone.astype(np.int16)
        if CLASSES[label[n]] == "hot":
            row, column = random.integers(0, THERMAL.shape[1] - 3), random.integers(0, THERMAL.shape[2] - 3)
            windows["thermal"][n, 0, row : row + 3, column : column + 3] = 220 + int(35 * strength[n])
        if CLASSES[label[n]] == "leak":
            windows["enose"][n, 1] *= np.linspace(1, 1 + 2 * strength[n], ENOSE.shape[1])
    rows = {spec.name: np.arange(items) for spec in SPECS}
    return Dataset(windows=windows, rows=rows, targets={"label": label.astype(np.float32)})
