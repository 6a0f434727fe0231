"""The series encoder: baselines that wander, and how exactly a small answer on a large baseline is told."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.encoders.series import Series
from models.injection import InputSpec
from tests.models.graph import Graph, exported
from tests.synthetic import ENOSE

LEVEL = replace(ENOSE, level_normalization=True)
CHANNELS, STEPS = ENOSE.shape
BASELINE = 40.0
ANSWER = torch.linspace(0.0, -0.1, STEPS)


class Prepared(nn.Module):
    """What an encoder's body is given."""

    def __init__(self, encoder: Series) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, values: Tensor) -> Tensor:
        return self.encoder.prepare(values)[0]


def windows(seed: int = 0, many: int = 50) -> torch.Tensor:
    """Resistances with noise of 0.4 % on one baseline."""
    noise = 0.004 * torch.randn((many, CHANNELS, STEPS), generator=torch.Generator().manual_seed(seed))
    return BASELINE * torch.exp(noise)


def fitted(spec: InputSpec, seen: torch.Tensor) -> Series:
    torch.manual_seed(0)
    encoder = Series(spec, 6).eval().to(seen.dtype)
    with torch.no_grad():
        encoder.fit(seen)
    return encoder


def moved_by(spec: InputSpec, share: float) -> float:
    """How far the standardized values move where the baseline does, beside how far an answer of 10 % moves them."""
    encoder, seen = fitted(spec, windows()), windows(1)
    (before,), (after,) = encoder.prepare(seen), encoder.prepare(seen * (1.0 + share))
    (answered,) = encoder.prepare(seen * torch.exp(ANSWER))
    return float((after - before).abs().mean() / (answered - before).abs().mean())


def test_a_baseline_that_moved_is_not_seen_with_level_normalization_and_seen_as_an_answer_without() -> None:
    assert moved_by(LEVEL, 0.15) < 0.02
    assert moved_by(ENOSE, 0.15) > 1.0


@pytest.mark.parametrize("spec", [ENOSE, LEVEL])
def test_values_are_symmetric_logarithms_but_for_what_standardizing_takes_out(spec: InputSpec) -> None:
    encoder = fitted(spec, windows().double())
    values = torch.from_numpy(np.random.default_rng(3).normal(0.0, 100.0, (4, CHANNELS, STEPS)))
    values[0, 0, :3] = torch.tensor([0.0, -1e-9, 1e-9])
    wanted = values.sign() * torch.log1p(values.abs() / encoder.small)
    less = wanted.mean(dim=2, keepdim=True) if spec.level_normalization else math.log(2.0)
    torch.testing.assert_close(encoder.compressed(values), wanted - less, rtol=0, atol=1e-12)


@pytest.mark.parametrize("spec", [ENOSE, LEVEL])
def test_a_small_answer_on_a_large_baseline_keeps_its_digits_in_single_precision_and_in_the_graph(
    spec: InputSpec,
) -> None:
    encoder = fitted(spec, windows())
    (single,) = encoder.prepare(windows(1))
    graph = torch.from_numpy(Graph(exported(Prepared(encoder), windows(2)))(windows(1).numpy()))
    (double,) = encoder.double().prepare(windows(1).double())
    assert (single - double).abs().max() < 1e-5
    assert (graph - double).abs().max() < 1e-5
