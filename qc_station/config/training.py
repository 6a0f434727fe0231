"""The `[training]` table: how the station learns."""

from collections.abc import Collection, Iterable
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, lt=1)]

LABELS: Final = ("label", "severity")
"""Columns of a manifest that say what the whole part is; with a dot and a stream's name, what that stream alone shows."""


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
    """Importance of a task by manifest column: label, severity, or one of them with a stream, as label.STREAM.

    1 where not named.
    """
    losses: dict[str, str] = {}
    """Loss of a task by manifest column, named as in weights: a file name of models/losses.

    cross_entropy for classes and huber for values where not named.
    """
    agreement: NotNegative = 0.0
    """Importance of what makes the streams of one part agree in their features; 0: off."""
    ewc: NotNegative = 0.0
    """Importance in `retrain` of what holds the parameters that the champion's answers hang on (EWC); 0: off.

    1000 holds them a little, 100000 firmly, 1000000 so that little is learnt; old items are replayed all the same.
    """
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


def examples(streams: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What may stand in each table below `[training]`, for a person who fills them in."""
    first = next(iter(streams), "STREAM")
    path = {"optimizer": "nesterov", "lr": 0.01, "schedule": "one_cycle", "clip_norm": 2.0}
    return {"weights": {f"label.{first}": 2.0}, "losses": {"label": "focal"}, "paths": {"shared": path}}


def training_faults(training: TrainingConfig, streams: Iterable[str]) -> list[str]:
    """What names something that the station does not have, or cannot get from a manifest.

    Args:
        training: The table.
        streams: Those that say something about a part.
    """
    paths = (*streams, "shared")
    columns = task_columns(paths[:-1])
    named = {"paths": (training.paths, "path", paths)}
    named |= {key: (getattr(training, key), "column of a label", columns) for key in ("weights", "losses")}
    return [
        f"training.{key}.{name}: no such {noun}; allowed: {', '.join(allowed)}"
        for key, (table, noun, allowed) in named.items()
        for name in table
        if name not in allowed
    ]


def task_columns(streams: Iterable[str]) -> tuple[str, ...]:
    """The manifest columns that can become tasks, the whole part's first."""
    return (*LABELS, *(f"{column}.{stream}" for stream in streams for column in LABELS))


def passed_over(training: TrainingConfig, tasks: Collection[str]) -> tuple[str, ...]:
    """What is named for a column that no task of a training has: nobody has labelled it yet, or all alike.

    Args:
        training: The table.
        tasks: Columns that were learnt.
    """
    return tuple(
        f"[training] {key} of {name} changed nothing: the training items have no two values of {name}"
        for key, table in (("weights", training.weights), ("losses", training.losses))
        for name in table
        if name not in tasks
    )
