"""Five optimisers on five paths at once are each what a plain torch loop makes of them, to the last bit."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models.adjustment import Paths, PathSettings
from models.schedules import one_cycle

STEPS = 200
CLIP = 0.7
RATES = {"nesterov": 0.01, "adam": 3e-3, "adamw": 2e-3, "nadam": 1e-3, "rmsprop": 5e-4}
PLAIN: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
    "nesterov": lambda p: torch.optim.SGD(p, lr=RATES["nesterov"], momentum=0.9, nesterov=True, weight_decay=0.02),
    "adam": lambda p: torch.optim.Adam(p, lr=RATES["adam"], weight_decay=0.02),
    "adamw": lambda p: torch.optim.AdamW(p, lr=RATES["adamw"], weight_decay=0.02),
    "nadam": lambda p: torch.optim.NAdam(p, lr=RATES["nadam"], weight_decay=0.02),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=RATES["rmsprop"], weight_decay=0.02),
}


def five_layers(dtype: torch.dtype) -> nn.ModuleDict:
    """A layer for each path; together they are one perceptron."""
    torch.manual_seed(3)
    return nn.ModuleDict({name: nn.Linear(6, 6, dtype=dtype) for name in PLAIN})


def loss_of(net: nn.ModuleDict, batch: Tensor) -> Tensor:
    signals = batch
    for layer in net.values():
        signals = torch.tanh(layer(signals))
    return (signals - batch.flip(1)).square().sum()


def paths_of(net: nn.ModuleDict, clip: float = CLIP) -> Paths:
    chosen = {name: PathSettings(optimizer=name, lr=RATES[name], weight_decay=0.02, clip_norm=clip) for name in PLAIN}
    return Paths({name: list(layer.parameters()) for name, layer in net.items()}, chosen)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_two_hundred_steps_on_five_paths_are_those_of_a_plain_loop_bit_for_bit(dtype: torch.dtype) -> None:
    batches = torch.randn(STEPS, 8, 6, generator=torch.Generator().manual_seed(1)).to(dtype)
    ours, theirs = five_layers(dtype), five_layers(dtype)
    paths = paths_of(ours)
    optimisers = {name: build(list(theirs[name].parameters())) for name, build in PLAIN.items()}
    clipped = 0
    for number, batch in enumerate(batches):
        progress = number / STEPS
        paths.zero()
        loss_of(ours, batch).backward()
        assert paths.step(progress)

        theirs.zero_grad()
        loss_of(theirs, batch).backward()
        for name, optimiser in optimisers.items():
            clipped += bool(nn.utils.clip_grad_norm_(theirs[name].parameters(), CLIP) > CLIP)
            optimiser.param_groups[0]["lr"] = RATES[name] * one_cycle(progress)
            optimiser.step()
    assert STEPS < clipped < 5 * STEPS, "the clip has to have worked on some steps and not on others"
    for (name, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, other), name
        assert not torch.equal(mine, dict(five_layers(dtype).named_parameters())[name])


@settings(max_examples=40)
@given(st.floats(1e-6, 1e6), st.floats(1e-3, 1e3), st.integers(0, 10_000))
def test_the_clip_bounds_the_norm_and_leaves_shorter_gradients_untouched(size: float, clip: float, seed: int) -> None:
    net = five_layers(torch.float64)
    paths = paths_of(net, clip)
    generator = torch.Generator().manual_seed(seed)
    for place, param in enumerate(net.parameters()):
        # Every other path is far under the clip.
        scale = size if place // 2 % 2 else clip / 100
        param.grad = scale * (2 * torch.rand(param.shape, generator=generator, dtype=torch.float64) - 1)
    before = {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}
    paths.step(0.15)
    for name, layer in net.items():
        gradients = torch.cat([p.grad.flatten() for p in layer.parameters() if p.grad is not None])
        raw = torch.cat([before[f"{name}.{n}"].flatten() for n, _ in layer.named_parameters()])
        assert gradients.norm() <= clip * (1 + 1e-12)
        if raw.norm() <= clip * (1 - 1e-4):
            assert torch.equal(gradients, raw)
        else:
            torch.testing.assert_close(gradients, raw * min(1.0, clip / float(raw.norm())), rtol=1e-3, atol=0)


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov"])
def test_a_linear_model_at_rest_is_the_least_squares_solution(optimizer: str) -> None:
    random = np.random.default_rng(5)
    inputs, targets = random.normal(size=(60, 5)), random.normal(size=(60, 2))
    wanted = np.linalg.lstsq(inputs, targets, rcond=None)[0]
    design, answers = torch.from_numpy(inputs), torch.from_numpy(targets)
    # Two paths share the columns, each with its own rate.
    parts = [nn.Parameter(torch.zeros(n, 2, dtype=torch.float64)) for n in (2, 3)]
    chosen = [PathSettings(optimizer=optimizer, lr=lr, weight_decay=0.0, clip_norm=1e9) for lr in (0.05, 0.03)]
    paths = Paths({"a": [parts[0]], "b": [parts[1]]}, dict(zip("ab", chosen, strict=True)))
    for _ in range(2000):
        paths.zero()
        (design @ torch.cat(parts) - answers).square().sum().div(60).backward()
        gradient = torch.cat([p.grad for p in parts if p.grad is not None])
        if gradient.norm() < 1e-13:
            break
        paths.step(0.15)
    np.testing.assert_allclose(torch.cat(parts).detach().numpy(), wanted, rtol=0, atol=1e-8)
