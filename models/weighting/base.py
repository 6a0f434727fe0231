"""What a weighting is: it sees the normalized losses of a step and says how much each counts."""

from abc import ABC, abstractmethod
from typing import Any


class Weighting(ABC):
    """Turns losses into weights; the trainer sums weight x loss.

    A weighting keeps its state in plain attributes of `state`, so that a checkpoint carries it.
    """

    def __init__(self, priorities: dict[str, float]) -> None:
        self.priorities = priorities
        self.state: dict[str, Any] = {}

    @abstractmethod
    def weights(self, losses: dict[str, float]) -> dict[str, float]:
        """Weight of each loss of this step.

        Args:
            losses: Normalized loss (1 is no skill) of each pair that has an item in this step, as it was when last seen.

        Returns:
            A weight for each key of `losses`.
        """

    def end_epoch(self, losses: dict[str, float]) -> None:  # noqa: B027 - most weightings have nothing to do here
        """Hear the mean normalized losses of an epoch that has ended."""
