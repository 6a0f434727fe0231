"""Every loss teaches a network what held-out parts confirm, in probabilities that can be believed."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
import torch

from models.adjustment import PathSettings
from models.calibration import calibrate
from models.deciding import Deciding
from models.injection import Dataset, collate
from models.losses import loss_class, names
from models.settings import Settings
from models.tasks import Task
from models.trainer import Trainer
from tests.synthetic import ENOSE, dataset

SPECS = (replace(ENOSE, name="one"), replace(ENOSE, name="two"))
RATE = PathSettings(lr=3e-3)
KNOWN = ("cross_entropy", "huber", "squared")
"""The defaults, which other tests train all the time, and what is nearly one."""


def task(loss: str) -> Task:
    """Whether either stream shows a defect; for what takes more than two, how many of them do."""
    if loss_class(loss).of_values:
        return Task(name="severity", stream=None, classes=(), frequencies=(1.0, 0.5**0.5), loss=loss)
    if loss == "binary":
        return Task(name="severity", stream=None, classes=("ok", "bad"), frequencies=(0.25, 0.75), loss=loss)
    return Task(name="severity", stream=None, classes=("0", "1", "2"), frequencies=(0.25, 0.5, 0.25), loss=loss)


def parts(chosen: Task, items: int, seed: int) -> Dataset:
    data = dataset(items, specs=SPECS, seed=seed)
    shown = data.targets["label.one"] + data.targets["label.two"]
    if not chosen.classes:
        mean, deviation = chosen.frequencies
        shown = (shown - mean) / deviation
    return replace(data, targets={"severity": np.minimum(shown, max(1, len(chosen.classes) - 1)).astype(np.float32)})


@pytest.mark.parametrize("loss", [pytest.param(n, marks=pytest.mark.slow if n in KNOWN else ()) for n in names()])
def test_it_learns_what_held_out_parts_confirm(loss: str) -> None:
    chosen = task(loss)
    settings = Settings(epochs=10, batch=16, budget_s=1e9, paths=dict.fromkeys(("one", "two", "shared"), RATE))
    ticks = count()
    val = parts(chosen, 120, 5)
    outcome = Trainer(SPECS, (chosen,), parts(chosen, 160, 0), val, settings, lambda: float(next(ticks))).run()
    assert outcome.epochs[-1].val["severity:joint"] < 0.5
    deciding = Deciding(outcome.network).eval()
    calibrate(deciding, val)
    batch = collate(parts(chosen, 200, 9), np.arange(200))
    with torch.inference_mode():
        answer = deciding(*(batch.windows[s.name] for s in SPECS), torch.ones(200, 2, dtype=torch.bool))[0]
    wanted = batch.targets["severity"]
    if chosen.classes:
        right = float((answer.argmax(dim=1) == wanted).float().mean())
        assert right > 0.9
        # It is right about as often as it says.
        assert float(answer.max(dim=1).values.mean()) == pytest.approx(right, abs=0.1)
    else:
        mean, deviation = chosen.frequencies
        assert ((answer[:, 0] - mean) / deviation - wanted).square().mean() < 0.3
