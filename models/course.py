"""How far a training has come: what `run` remembers from one step to the next."""

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from torch import Tensor

from models.history import Epoch, Tally
from models.recurrence import SteadyState


@dataclass(slots=True, kw_only=True)
class Course:
    """Counters, history and the best epoch so far."""

    planned: int
    """Epochs that are planned now."""
    steady: SteadyState
    """Watches for the end."""
    finished: int = 0
    """Epochs that are done."""
    steps: int = 0
    """Steps that are done, skipped ones included."""
    progress: float = 0.0
    """Share of the schedule that is done."""
    start: float = 0.0
    """That share when the running epoch began."""
    cooled: int | None = None
    """Epoch at which the learning rate is zero after a steady state was found."""
    elapsed_s: float = 0.0
    """Time until the last epoch's end, resumptions left out."""
    used_wh: float = 0.0
    """Energy until then, where it is measured."""
    ending: str | None = None
    """Why the training should end, once something says so."""
    reason: str | None = None
    """What ended it; None while it runs."""
    best: float = math.inf
    """Lowest cumulative validation loss."""
    number: int = 1
    """Its epoch."""
    kept: dict[str, Tensor] = field(default_factory=dict)
    """The averaged network of that epoch."""
    lowest: dict[str, Tensor] = field(default_factory=dict)
    """Its validation loss of every item, by pair."""
    epochs: list[Epoch] = field(default_factory=list)
    """All that are done."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    """Sums over the running epoch."""

    def add(self, tallies: dict[str, Tally]) -> None:
        """Take one step's sums in."""
        for output, tally in tallies.items():
            self.tallies[output] = self.tallies.get(output, Tally()).plus(tally)

    def keep(self, loss: float, network: dict[str, Tensor], losses: dict[str, Tensor]) -> None:
        """The epoch that has just ended is the best so far."""
        self.best, self.number, self.kept, self.lowest = loss, len(self.epochs), network, losses

    def state(self) -> dict[str, Any]:
        """Plain values and tensors."""
        plain = {name: getattr(self, name) for name in PLAIN}
        return plain | {
            "steady": {"train": list(self.steady.train), "val": list(self.steady.val)},
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "tallies": {output: asdict(tally) for output, tally in self.tallies.items()},
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        for name in PLAIN:
            setattr(self, name, state[name])
        self.steady.train, self.steady.val = list(state["steady"]["train"]), list(state["steady"]["val"])
        self.epochs = [Epoch(**row) for row in state["epochs"]]
        self.tallies = {output: Tally(**sums) for output, sums in state["tallies"].items()}


PLAIN = tuple(f.name for f in fields(Course) if f.name not in ("steady", "epochs", "tallies"))
"""Fields that are numbers, texts, or tensors by name."""
