"""Stage 5, adjustment: an optimiser, schedule and clip for every path, and a running average of all parameters."""

import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)

OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "nadam": torch.optim.NAdam,
    "rmsprop": torch.optim.RMSprop,
    "sgd": lambda params, **k: torch.optim.SGD(params, momentum=0.9, **k),
    "nesterov": lambda params, **k: torch.optim.SGD(params, momentum=0.9, nesterov=True, **k),
}


LEARNING_RATE = 3e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSettings:
    """How one path learns."""

    optimizer: str = "adamw"
    """A name in OPTIMISERS."""
    lr: float | None = None
    """Largest learning rate; None: LEARNING_RATE, or the trainer's choice for few items."""
    weight_decay: float = 0.02
    """As the optimiser understands it."""
    clip_norm: float = 5.0
    """Largest gradient norm of the path."""


def schedule(progress: float, warmup: float = 0.15) -> float:
    """Factor on the learning rate: half a cosine up, half a cosine down to zero (Smith 2018, arXiv:1803.09820).

    Args:
        progress: Share of all steps that are done, 0 to 1.
        warmup: Share of the steps on which it rises.
    """
    if progress < warmup:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / warmup)) / 2
    return (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup)))) / 2


class Paths:
    """The optimisers of all paths, stepped together."""

    def __init__(
        self, paths: Mapping[str, list[nn.Parameter]], settings: Mapping[str, PathSettings], lr: float = LEARNING_RATE
    ) -> None:
        self.parameters = {name: params for name, params in paths.items() if params}
        self.settings = {name: settings.get(name, PathSettings()) for name in self.parameters}
        self.optimisers = {}
        self.rates: dict[str, float] = {}
        for name, params in self.parameters.items():
            chosen = self.settings[name]
            if chosen.optimizer not in OPTIMISERS:
                raise ValueError(
                    f"path {name!r}: no optimizer {chosen.optimizer!r}; there are: {', '.join(OPTIMISERS)}"
                )
            build = OPTIMISERS[chosen.optimizer]
            self.rates[name] = lr if chosen.lr is None else chosen.lr
            self.optimisers[name] = build(params, lr=self.rates[name], weight_decay=chosen.weight_decay)
        self.skipped = 0

    def zero(self) -> None:
        """Forget all gradients."""
        for optimiser in self.optimisers.values():
            optimiser.zero_grad(set_to_none=True)

    def step(self, progress: float) -> bool:
        """Clip each path and step it; a step with a gradient that is not finite is skipped as a whole and counted."""
        norms = {n: nn.utils.clip_grad_norm_(p, self.settings[n].clip_norm) for n, p in self.parameters.items()}
        if not all(bool(norm.isfinite()) for norm in norms.values()):
            self.skipped += 1
            return False
        for name, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = self.rates[name] * schedule(progress)
            optimiser.step()
        return True


class RunningAverage(Generic[Network]):
    """Exponential moving average of parameters and statistics; what is validated, exported and kept."""

    def __init__(self, network: Network, horizon: float) -> None:
        self.network = deepcopy(network).eval()
        self.decay = 1 - 1 / max(2.0, horizon)
        self.steps = 0
        self._pairs = self._matched(network)

    def _matched(self, network: Network) -> list[tuple[Tensor, Tensor]]:
        live = network.state_dict(keep_vars=True)
        return [(own, live[name]) for name, own in self.network.state_dict(keep_vars=True).items()]

    @torch.no_grad()
    def update(self) -> None:
        """Take one step of the trained network in; early steps count more, so that the start is soon forgotten."""
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        floating = [(own, live) for own, live in self._pairs if own.is_floating_point()]
        torch._foreach_lerp_([o.data for o, _ in floating], [v.data for _, v in floating], share)

    def state(self) -> dict[str, Any]:
        """A copy of the averaged tensors."""
        return {name: value.clone() for name, value in self.network.state_dict().items()}
