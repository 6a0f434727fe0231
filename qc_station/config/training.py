"""The `[training]` table: how the station learns."""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, lt=1)]


class PathConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[training.paths.NAME]` table: how the encoder of a stream, or what is `shared`, learns."""

    optimizer: Literal["adam", "adamw", "nadam", "rmsprop", "sgd", "nesterov"] = "adamw"
    """What adjusts the parameters; sgd and nesterov have a momentum of 0.9."""
    lr: Positive | None = None
    """Largest learning rate; None: 0.003, less for few items."""
    weight_decay: NotNegative = 0.02
    """As the optimizer understands it."""
    clip_norm: Positive = 5.0
    """Largest norm of the path's gradient."""
    schedule: Literal["one_cycle", "linear", "constant", "steps"] = "one_cycle"
    """How the learning rate goes from the first step to the last."""
    warmup: Share = 0.15
    """Share of the steps on which it rises."""


class TrainingConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[training]` table."""

    seed: Annotated[int, Meta(ge=0)] = 0
    """Seeds initialisation, order and augmentation."""
    budget_s: Positive = 840.0
    """Wall-clock limit of one training in seconds."""
    energy_wh: Positive | None = None
    """Limit on the processor's energy in watt hours, where it counts them; None: none."""
    epochs: Count | None = None
    """Passes over the training items; None: chosen from their number."""
    batch: Count | None = None
    """Items of one forward pass; None: 64, or 32 for fewer than 2000 items."""
    accumulation: Count = 1
    """Batches whose gradients make one step: a larger batch in the memory of a small one."""
    threads: Count | None = None
    """Torch threads; None: one per core, and one fewer in `retrain`, which runs beside the line."""
    weighting: str = "fixed"
    """Integration of the losses: a file name of models/weighting."""
    weights: dict[str, NotNegative] = {}
    """Importance of a task by manifest column, e.g. "label.acoustic" = 2.0; 1 where not named."""
    losses: dict[str, str] = {}
    """Loss of a task by manifest column, e.g. label = "focal": a file name of models/losses.

    cross_entropy for classes and huber for values where not named.
    """
    agreement: NotNegative = 0.0
    """Importance of what makes the streams of one part agree in their features; 0: off."""
    average: Annotated[float, Meta(gt=0, le=1)] = 0.03
    """Horizon of the running average that becomes the network, as a share of all steps."""
    patience: Count | None = None
    """Epochs without a better validation loss after which training ends; None: half of the plan, at least 8."""
    window: Annotated[int, Meta(ge=4)] = 8
    """Epochs over which a steady state is looked for."""
    threshold: NotNegative = 0.0
    """Cumulative training loss at or under which training ends; 0: never."""
    paths: dict[str, PathConfig] = {}
    """By the name of a stream, or shared: how that part of the network learns; the defaults where not named."""


def training_faults(training: TrainingConfig, streams: Iterable[str]) -> list[str]:
    """What names something that the station does not have."""
    paths = (*streams, "shared")
    return [
        f"training.paths.{name}: no such path; allowed: {', '.join(paths)}"
        for name in training.paths
        if name not in paths
    ]
