"""A linear model that has come to rest against the least squares solution of LAPACK."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from models.adjustment import Paths, PathSettings
from models.losses.squared import squared
from qc_station.selfcheck.measurement import Measurement
from qc_station.selfcheck.precision import double_precision

ITEMS, INPUTS = 60, 5
PEAK = 0.15
"""Progress at which the schedule leaves the learning rate as it is."""
MOST_STEPS = 3000


def measure() -> Iterator[Measurement]:
    """Nesterov's descent on two paths until nothing moves any more."""
    random = np.random.default_rng(5)
    design, answers = random.normal(size=(ITEMS, INPUTS)), random.normal(size=ITEMS)
    wanted = np.linalg.lstsq(design, answers, rcond=None)[0]
    with double_precision():
        found = _at_rest(torch.from_numpy(design), torch.from_numpy(answers))
    error = float(np.abs(found.numpy() - wanted).max())
    yield Measurement(name="linear model at rest against lstsq", error=error, bound=1e-8)


def _at_rest(design: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    parts = [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(INPUTS - 2))]
    chosen = [PathSettings(optimizer="nesterov", lr=lr, weight_decay=0.0, clip_norm=1e9) for lr in (0.05, 0.03)]
    paths = Paths({"a": [parts[0]], "b": [parts[1]]}, dict(zip("ab", chosen, strict=True)))
    for _ in range(MOST_STEPS):
        paths.zero()
        loss = squared((design @ torch.cat([*parts]))[:, None], answers).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        if max(float(p.grad.abs().max()) for p in parts if p.grad is not None) < 1e-13:
            break
        paths.step(PEAK)
    return torch.cat([*parts]).detach()
