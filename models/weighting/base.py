"""What a weighting is: it sees the normalized losses of a step and says how much each counts."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is known before a step is made."""

    losses: dict[str, float]
    """Normalized loss (1 is no skill) of each pair that has an item in this step, as it was when last seen."""
    gramian: Tensor | None = None
    """Inner products of the gradients of those losses at the shared features, shape (losses, losses), float64.

    In the order of `losses`; of this very step, over all its batches. None unless the weighting `needs_gradients`.
    """


class Outlook(Protocol):
    """What a weighting that tunes itself may ask of the trainer between two steps."""

    def hypergradient(self, weights: dict[str, float]) -> dict[str, float]:
        """Derivative of the validation loss after one plain step by each weight of that step."""

    def validation_loss(self) -> float:
        """Cumulative loss by priority on the validation fold, of the network as it is."""


class Weighting(ABC):
    """Turns losses into weights; the trainer sums weight x loss.

    Priorities are respected: 2 is twice as important, 0 is off, and a task that is not off never falls under the floor
    of `models.weighting.allotment`. A loss that is missing from a step is left as it was. A weighting keeps all that it remembers in `state` (numbers, lists, tensors), so that a checkpoint carries it.
    """

    needs_gradients: ClassVar[bool] = False
    """Whether `Measured.gramian` is wanted; it costs a backward pass through the hidden layers for each pair."""
    needs_after: ClassVar[bool] = False
    """Whether `after_step` is wanted; it costs one more forward pass."""
    tune_every: ClassVar[int] = 0
    """Steps between two calls of `tune`; 0: never."""

    def __init__(self, priorities: dict[str, float]) -> None:
        self.priorities = priorities
        self.state: dict[str, Any] = {}

    @property
    def notes(self) -> list[str]:
        """What it did that people should know, and why, oldest first; part of `state`."""
        notes: list[str] = self.state.setdefault("notes", [])
        return notes

    def importance(self, names: Iterable[str]) -> dict[str, float]:
        """Priority of each of these tasks; 1 where people said nothing."""
        return {n: self.priorities.get(n, 1.0) for n in names}

    @abstractmethod
    def weights(self, measured: Measured) -> dict[str, float]:
        """Weight of each loss of this step.

        Returns:
            A weight for each key of `measured.losses`.
        """

    def after_step(self, before: dict[str, float], after: dict[str, float]) -> None:  # noqa: B027 - most have nothing to do
        """Hear the normalized losses of one step's items before and after it, dropout and augmentation the same."""

    def tune(self, outlook: Outlook) -> None:  # noqa: B027
        """Ask the trainer how the validation loss answers to the weights, and change them."""

    def end_epoch(self, train: dict[str, float], validation: dict[str, float] | None = None) -> None:  # noqa: B027
        """Hear the mean normalized losses of an epoch that has ended, in training and on validation items."""

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.state = state
