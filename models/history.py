"""What a training came to: a row for every epoch, and the end."""

from dataclasses import dataclass, field

from models.network import MultimodalNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What one epoch came to."""

    number: int
    """From 1."""
    planned: int
    """Epochs that are planned now."""
    train: dict[str, float]
    """Mean normalized training loss of each input-output pair."""
    weights: dict[str, float]
    """Mean weight of each pair."""
    val: dict[str, float]
    """Mean normalized validation loss of each pair that validation items have."""
    elapsed_s: float
    """Since training began."""
    shown: dict[str, float] = field(default_factory=dict)
    """`train` in its own unit: nats, or the value's unit squared."""
    shown_val: dict[str, float] = field(default_factory=dict)
    """`val` in its own unit."""
    shares: dict[str, float] = field(default_factory=dict)
    """Share of each pair's weight x gradient norm at the shared features, in the last step that was measured."""
    cosines: dict[str, float] = field(default_factory=dict)
    """By "a|b": cosine between the gradients of two pairs there."""
    rates: dict[str, float] = field(default_factory=dict)
    """Learning rate of each path at the end of the epoch."""
    extra: dict[str, float] = field(default_factory=dict)
    """Mean value of each further term of the total (replay, agreement between streams ...)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished training."""

    network: MultimodalNetwork
    """The running average of the epoch that was kept, in evaluation mode."""
    epochs: tuple[Epoch, ...]
    """All epochs in order."""
    best: int
    """Number of the epoch that was kept: the last, unless an earlier one was clearly better on validation items."""
    reason: str
    """What ended it."""
    skipped: int
    """Steps left out because a gradient was not finite."""
    notes: tuple[str, ...] = ()
    """What the weighting had to say, e.g. when it began to resolve conflicts and why."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over steps, so that a mean is always over items."""

    total: float = 0.0
    """Summed loss."""
    items: float = 0.0
    """Items in the sum, each by its weight."""
    weight: float = 0.0
    """Summed weight of the steps."""
    steps: int = 0
    """Steps in that sum."""

    @property
    def mean(self) -> float:
        """Loss of an item."""
        return self.total / self.items if self.items else 0.0

    def plus(self, other: "Tally") -> "Tally":
        """Field by field."""
        return Tally(
            self.total + other.total, self.items + other.items, self.weight + other.weight, self.steps + other.steps
        )
