"""A loss that is exactly nothing for a hundred steps breaks no weighting and starves no task."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

import models.cumulative
from models.discrepancy import Pair, pair_losses
from models.settings import Settings
from models.trainer import Trainer
from models.weighting import names
from models.weighting.allotment import FLOOR
from tests.synthetic import ENOSE, dataset, tasks_for

SPECS = (replace(ENOSE, name="one"), replace(ENOSE, name="two"))
SOLVED = "label.one"
STEPS = 100


def nothing(pair: Pair, answers: Tensor, targets: Tensor) -> Tensor:
    """The losses of one pair, and their gradients, are exactly 0."""
    losses = pair_losses(pair, answers, targets)
    return losses * 0.0 if pair.output == SOLVED else losses


@pytest.mark.slow
@pytest.mark.parametrize("weighting", names())
def test_a_hundred_steps_with_a_loss_of_nothing(weighting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.cumulative, "pair_losses", nothing)
    data = dataset(16, specs=SPECS)
    trainer = Trainer(SPECS, tasks_for(SPECS), data, data, Settings(weighting=weighting, batch=8))
    priorities = {p.output: p.weight for p in trainer.pairs}
    seen = 0
    while seen < STEPS:
        for batch in trainer.sampler.epoch():
            tallies = trainer.step([batch])
            assert tallies[SOLVED].total == 0.0
            weights = {output: tally.weight for output, tally in tallies.items()}
            assert all(math.isfinite(w) and w >= 0.999 * FLOOR * priorities[o] for o, w in weights.items()), weights
            seen += 1
    assert trainer.paths.skipped == 0
    assert all(bool(torch.isfinite(p).all()) for p in trainer.network.state_dict().values())
