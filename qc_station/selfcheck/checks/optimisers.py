"""Each optimiser, with schedule and clip, against its published formula written out."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from models.adjustment import Paths, PathSettings
from models.schedules import one_cycle
from qc_station.selfcheck.measurement import Measurement
from qc_station.selfcheck.precision import double_precision, relative

STEPS = 60
RATE, DECAY, CLIP = 0.01, 0.02, 0.8
EPSILON = 1e-8

Formula = Callable[[Tensor, Tensor, float, dict[str, Tensor], int], Tensor]
"""From parameter, gradient, rate, memory and number of the step (from 1) to the next parameter."""


def nesterov(value: Tensor, slope: Tensor, rate: float, memory: dict[str, Tensor], step: int) -> Tensor:
    """Nesterov momentum 0.9 (Sutskever et al. 2013)."""
    slope = slope + DECAY * value
    memory["m"] = slope if step == 1 else 0.9 * memory["m"] + slope
    return value - rate * (slope + 0.9 * memory["m"])


def _moments(slope: Tensor, memory: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    zero = torch.zeros_like(slope)
    memory["m"] = 0.9 * memory.get("m", zero) + 0.1 * slope
    memory["v"] = 0.999 * memory.get("v", zero) + 0.001 * slope * slope
    return memory["m"], memory["v"]


def adam(value: Tensor, slope: Tensor, rate: float, memory: dict[str, Tensor], step: int) -> Tensor:
    """Adam with an L2 penalty (Kingma & Ba 2015, arXiv:1412.6980)."""
    first, second = _moments(slope + DECAY * value, memory)
    return value - rate * (first / (1 - 0.9**step)) / ((second / (1 - 0.999**step)).sqrt() + EPSILON)


def adamw(value: Tensor, slope: Tensor, rate: float, memory: dict[str, Tensor], step: int) -> Tensor:
    """Adam with decay beside it (Loshchilov & Hutter 2019, arXiv:1711.05101)."""
    first, second = _moments(slope, memory)
    decayed = value * (1 - rate * DECAY)
    return decayed - rate * (first / (1 - 0.9**step)) / ((second / (1 - 0.999**step)).sqrt() + EPSILON)


def nadam(value: Tensor, slope: Tensor, rate: float, memory: dict[str, Tensor], step: int) -> Tensor:
    """Adam with Nesterov's look ahead and a rising momentum (Dozat 2016)."""
    slope = slope + DECAY * value
    first, second = _moments(slope, memory)
    now, coming = (0.9 * (1 - 0.5 * 0.96 ** (n * 0.004)) for n in (step, step + 1))
    before = memory.get("product", torch.ones(()))
    memory["product"] = before * now
    root = (second / (1 - 0.999**step)).sqrt() + EPSILON
    ahead = coming * first / (1 - memory["product"] * coming) + (1 - now) * slope / (1 - memory["product"])
    moved: Tensor = value - rate * ahead / root
    return moved


def rmsprop(value: Tensor, slope: Tensor, rate: float, memory: dict[str, Tensor], step: int) -> Tensor:  # noqa: ARG001
    """A running mean of squares, 0.99 (Tieleman & Hinton 2012)."""
    slope = slope + DECAY * value
    memory["v"] = 0.99 * memory.get("v", torch.zeros_like(slope)) + 0.01 * slope * slope
    return value - rate * slope / (memory["v"].sqrt() + EPSILON)


FORMULAS: dict[str, Formula] = {f.__name__: f for f in (nesterov, adam, adamw, nadam, rmsprop)}


def measure() -> Iterator[Measurement]:
    """Every formula on its own path, all in one loop."""
    with double_precision():
        found, wanted = _run()
    for name in FORMULAS:
        error = relative(found[name], wanted[name])
        yield Measurement(name=f"{STEPS} steps of {name} against its formula, relative", error=error, bound=1e-10)


def _run() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    start = {name: torch.randn(8) for name in FORMULAS}
    # A valley of its own for every path, steep enough that the clip has work.
    curvature, goal = torch.rand(8) * 3 + 0.1, torch.randn(8)
    live = {name: nn.Parameter(value.clone()) for name, value in start.items()}
    chosen = {n: PathSettings(optimizer=n, lr=RATE, weight_decay=DECAY, clip_norm=CLIP) for n in FORMULAS}
    paths, memories = Paths({n: [p] for n, p in live.items()}, chosen), {n: dict[str, Tensor]() for n in FORMULAS}
    values = dict(start)
    for step in range(1, STEPS + 1):
        progress = (step - 1) / STEPS
        for param in live.values():
            param.grad = curvature * (param.detach() - goal)
        paths.step(progress)
        for name, formula in FORMULAS.items():
            slope = curvature * (values[name] - goal)
            # The norm with torch's own guard against a division by nothing.
            slope = slope * min(1.0, CLIP / (math.sqrt(float(slope @ slope)) + 1e-6))
            values[name] = formula(values[name], slope, RATE * one_cycle(progress), memories[name], step)
    return {n: p.detach() for n, p in live.items()}, values
