"""A few made-up parts of two streams, and what is asked of them: enough to compute with, nothing to learn."""

import numpy as np

from models.injection import ABSENT, Dataset, InputSpec
from models.tasks import Task

SPECS = (
    InputSpec(name="gas", kind="series", shape=(3, 8)),
    InputSpec(name="heat", kind="series", shape=(2, 6)),
)
TASKS = (
    Task(name="label", stream=None, classes=("ok", "crack", "leak"), frequencies=(0.6, 0.3, 0.1)),
    Task(name="severity", stream=None, classes=(), frequencies=(2.0, 0.5)),
    Task(name="label.gas", stream="gas", classes=("ok", "leak"), frequencies=(0.8, 0.2)),
)


def parts(items: int, *, holes: bool = False, seed: int = 0) -> Dataset:
    """Noise with labels by chance.

    Args:
        items: How many.
        holes: Leave out three in ten labels and a fifth of the streams.
        seed: Of the noise.
    """
    random = np.random.default_rng(seed)
    windows = {s.name: random.uniform(1, 3, (items, *s.shape)).astype(np.float32) for s in SPECS}
    rows = {s.name: np.arange(items) for s in SPECS}
    targets = {t.name: random.integers(0, t.outputs, items).astype(np.float32) for t in TASKS}
    targets["severity"] = random.normal(size=items).astype(np.float32)
    if holes:
        for values in targets.values():
            values[random.random(items) < 0.3] = np.nan
        for row in rows.values():
            row[random.random(items) < 0.2] = ABSENT
    return Dataset(windows=windows, rows=rows, targets=targets)
