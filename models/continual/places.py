"""Where the tensors of a champion lie in a network that has more classes, tasks or streams."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from models.network import MultimodalNetwork, key
from models.tasks import Task

FIRST = {"hidden": "blocks.0", "heads": "parts.0"}
"""What a tensor's name gains where the champion's layers become the first generation's."""
DERIVED = ("mask", "generation")
"""Tensors that follow from the streams alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one tensor of the champion lies."""

    name: str
    """Of the tensor that holds it."""
    rows: Tensor | None
    """Which rows of that tensor are the champion's, in its order, int64; None: all."""

    def put(self, old: Tensor, into: Tensor) -> None:
        """Copy an old tensor to its place; what else is there stays.

        Raises:
            ValueError: the shapes disagree.
        """
        here = into if self.rows is None else into[self.rows]
        if here.shape != old.shape:
            raise ValueError(
                f"{self.name!r}: the champion's tensor has shape {tuple(old.shape)}, its place {tuple(here.shape)}"
            )
        if self.rows is None:
            into.copy_(old)
        else:
            into[self.rows] = old

    def taken(self, whole: Tensor) -> Tensor:
        """The part of a tensor that is the champion's."""
        return whole if self.rows is None else whole[self.rows]


def places(champion: MultimodalNetwork, network: MultimodalNetwork) -> dict[str, Place]:
    """The place of every parameter and statistic of the champion.

    Args:
        champion: The older network.
        network: One that has all its streams, tasks and classes.

    Returns:
        By the champion's name of the tensor.

    Raises:
        ValueError: a task, a class or a tensor has no place.
    """
    rows = _rows(champion.tasks, {task.name: task for task in network.tasks}, champion)
    known = network.state_dict()
    found = {}
    for name in champion.state_dict():
        if name.rpartition(".")[2] in DERIVED:
            continue
        place = name if name in known else _first(name)
        if place not in known:
            raise ValueError(f"the champion's tensor {name!r} has no place in the network")
        head = name.split(".")[1] if name.startswith("heads.") else ""
        found[name] = Place(name=place, rows=rows.get(head))
    return found


def _first(name: str) -> str:
    """The name of a tensor among the first generation's: hidden.0.weight becomes hidden.0.blocks.0.weight."""
    group, number, rest = name.split(".", 2)
    return f"{group}.{number}.{FIRST[group]}.{rest}" if group in FIRST else name


def _rows(old: tuple[Task, ...], new: Mapping[str, Task], champion: MultimodalNetwork) -> dict[str, Tensor]:
    """Rows of each head that are the champion's classes, by the head's key; none where all rows are."""
    found: dict[str, Tensor] = {}
    for task in old:
        rows = class_rows(task, new.get(task.name))
        if rows is not None:
            found |= {key(output): rows for output, _ in champion.pairs(task)}
    return found


def class_rows(old: Task, new: Task | None) -> Tensor | None:
    """Which outputs of a task are the champion's classes, in its order; None: all as they were.

    Raises:
        ValueError: the task is gone, asks another stream or in another way, lost a class, or counts a value otherwise.
    """
    if new is None:
        raise ValueError(f"task {old.name!r} of the champion is not among the tasks: train anew to drop it")
    if old.stream != new.stream or bool(old.classes) != bool(new.classes):
        raise ValueError(f"task {old.name!r}: the champion answers it with {_kind(old)}, now it asks for {_kind(new)}")
    if not old.classes:
        if old.frequencies != new.frequencies:
            raise ValueError(
                f"task {old.name!r}: mean and deviation {new.frequencies} are not the champion's {old.frequencies}, "
                "in which its answers count; keep them"
            )
        return None
    lost = [name for name in old.classes if name not in new.classes]
    if lost:
        raise ValueError(
            f"task {old.name!r}: the champion's class {lost[0]!r} is missing from {', '.join(new.classes)}"
        )
    before, after = old.criterion, new.criterion
    if old.classes == new.classes and before.name == after.name:
        return None
    # Only where every class has a logit of its own does an output mean the same beside others.
    if old.outputs != len(old.classes) or new.outputs != len(new.classes):
        raise ValueError(
            f"task {old.name!r}: from loss {before.name!r} of {len(old.classes)} classes no output can be taken over to "
            f"{after.name!r} of {len(new.classes)}; both need a logit a class, such as 'cross_entropy'"
        )
    return torch.tensor([new.classes.index(name) for name in old.classes])


def _kind(task: Task) -> str:
    return f"{'classes' if task.classes else 'a value'} of {task.stream or 'the whole part'}"
