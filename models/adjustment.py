"""Stage 5, adjustment: an optimiser, schedule and clip for every path, and a running average of all parameters."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from models.profile import stage
from models.schedules import SCHEDULES

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
    schedule: str = "one_cycle"
    """A name in models.schedules.SCHEDULES."""
    warmup: float = 0.15
    """Share of the steps on which the learning rate rises, 0 or more and less than 1."""


class Paths:
    """The optimisers of all paths, stepped together."""

    def __init__(
        self, paths: Mapping[str, list[nn.Parameter]], settings: Mapping[str, PathSettings], lr: float = LEARNING_RATE
    ) -> None:
        self.parameters = {name: params for name, params in paths.items() if params}
        unknown = sorted(set(settings) - set(paths))
        if unknown:
            raise ValueError(f"no path {unknown[0]!r}; there are: {', '.join(paths)}")
        self.settings = {name: settings.get(name, PathSettings()) for name in self.parameters}
        for name, chosen in self.settings.items():
            _check(name, chosen)
        self.largest = {n: lr if s.lr is None else s.lr for n, s in self.settings.items()}
        self.rates = dict(self.largest)
        """Learning rate of each path in the last step."""
        self.optimisers = {
            name: OPTIMISERS[s.optimizer](self.parameters[name], lr=self.largest[name], weight_decay=s.weight_decay)
            for name, s in self.settings.items()
        }
        self.skipped = 0

    def zero(self) -> None:
        """Forget all gradients."""
        for optimiser in self.optimisers.values():
            optimiser.zero_grad(set_to_none=True)

    def step(self, progress: float, sound: bool = True) -> bool:
        """Clip each path and step it; a step with a gradient that is not finite is skipped as a whole and counted.

        Args:
            progress: Share of the schedule that is done, 0 to 1.
            sound: Whether all else that the step brought is finite; if not, it is skipped likewise.

        Returns:
            Whether the step was taken.
        """
        norms = {n: nn.utils.clip_grad_norm_(p, self.settings[n].clip_norm) for n, p in self.parameters.items()}
        if not (sound and all(bool(norm.isfinite()) for norm in norms.values())):
            self.skipped += 1
            return False
        for name, optimiser in self.optimisers.items():
            chosen = self.settings[name]
            self.rates[name] = self.largest[name] * SCHEDULES[chosen.schedule](progress, chosen.warmup)
            for group in optimiser.param_groups:
                group["lr"] = self.rates[name]
            with stage(f"adjustment {name}"):
                optimiser.step()
        return True

    def state(self) -> dict[str, Any]:
        """Every optimiser's moments, and what was counted."""
        optimisers = {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()}
        return {"optimisers": optimisers, "rates": dict(self.rates), "skipped": self.skipped}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        self.rates, self.skipped = dict(state["rates"]), state["skipped"]


def _check(path: str, chosen: PathSettings) -> None:
    for name, known in (("optimizer", OPTIMISERS), ("schedule", SCHEDULES)):
        if getattr(chosen, name) not in known:
            raise ValueError(f"path {path!r}: no {name} {getattr(chosen, name)!r}; there are: {', '.join(known)}")
    if not 0 <= chosen.warmup < 1:
        raise ValueError(f"path {path!r}: warmup {chosen.warmup}; it is a share of all steps, from 0 to under 1")


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
        """Take one step of the trained network in; early steps count more, so that the start is soon forgotten.

        The decay is min(decay, (1 + n) / (10 + n)) after n steps, the ramp of TensorFlow's ExponentialMovingAverage with
        `num_updates`; we know of no paper about it.
        """
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        floating = [(own, live) for own, live in self._pairs if own.is_floating_point()]
        torch._foreach_lerp_([o.data for o, _ in floating], [v.data for _, v in floating], share)

    def state(self) -> dict[str, Any]:
        """A copy of the averaged tensors."""
        return {name: value.clone() for name, value in self.network.state_dict().items()}
