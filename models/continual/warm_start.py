"""Begin from a champion: all that it knows in its place, and room for classes, tasks and streams that it never saw."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.continual.grown import Generations, Grown, generations_of
from models.continual.places import class_rows, places
from models.injection import InputSpec
from models.network import MultimodalNetwork
from models.tasks import Task

FITTED = 2000
"""About so many windows of a new stream, evenly spaced, set its scale."""
MEANT = ("kind", "shape", "rate_hz", "dtype", "level_normalization")
"""What an encoder was built for; only augmentations may change."""


def tasks_after(champion: Sequence[Task], found: Sequence[Task]) -> tuple[Task, ...]:
    """The tasks to go on with: all that new and replayed items ask, and nothing lost of what the champion answers.

    Args:
        champion: Its tasks.
        found: Those of the items at hand, as of `models.tasks.tasks_of`.

    Returns:
        The found tasks, with the champion's classes that they lack at the end, as frequent as they were, and a value on
        the champion's scale; then the champion's tasks that are not among them.

    Raises:
        ValueError: a task is answered with classes here and with a value there, or asks other streams.
    """
    before = {task.name: task for task in champion}
    after = [_joined(before[task.name], task) if task.name in before else task for task in found]
    names = {task.name for task in found}
    return (*after, *(task for task in champion if task.name not in names))


def _joined(old: Task, new: Task) -> Task:
    if not new.classes or not old.classes:
        whole = replace(new, frequencies=new.frequencies if new.classes else old.frequencies)
    else:
        # What new items lack is not gone: with a share of nothing it would never again be the answer.
        lost = {n: f for n, f in zip(old.classes, old.frequencies, strict=True) if n not in new.classes}
        room = 1.0 - sum(lost.values())
        shares = (*(f * room for f in new.frequencies), *lost.values()) if lost else new.frequencies
        whole = replace(new, classes=(*new.classes, *lost), frequencies=shares)
        whole = replace(whole, frequencies=_expected(old, whole))
    class_rows(old, whole)
    return whole


def _expected(old: Task, whole: Task) -> tuple[float, ...]:
    """Shares of the classes, those that the champion does not know about as frequent as classes are on average, or more.

    How often a new kind will come nobody knows yet: its examples were looked for.
    """
    mean = 1.0 / len(whole.classes)
    pairs = zip(whole.classes, whole.frequencies, strict=True)
    raised = [f if name in old.classes else max(f, mean) for name, f in pairs]
    return tuple(f / sum(raised) for f in raised)


def warm_start(
    champion: MultimodalNetwork,
    inputs: Sequence[InputSpec],
    tasks: Sequence[Task],
    windows: Mapping[str, NDArray[Any]] | None = None,
) -> MultimodalNetwork:
    """A network that answers as the champion does, with new rows for new classes and new parts for new streams.

    A champion whose streams and classes all stay gives equal answers. Rows of its classes are bit-equal also where a
    head has gained rows. Streams are added by a `Grown` network, see there.

    Args:
        champion: The network to begin from; it is not changed.
        inputs: All streams, the champion's among them.
        tasks: All tasks, the champion's among them, each with its classes; see `tasks_after`.
        windows: Raw training windows of each new stream, shape (items, *InputSpec.shape); they set its scale. The
            scales of the champion's streams stay: its features are built on them.

    Returns:
        In training mode, of the champion's dtype.

    Raises:
        ValueError: a stream was made for other windows or is missing, a new one has no windows, a task or class is lost.
    """
    specs = {spec.name: spec for spec in inputs}
    for spec in champion.inputs:
        _agree(spec, specs.get(spec.name))
    new = tuple(spec.name for spec in inputs if spec.name not in champion.streams)
    generations = generations_of(champion) + ((new,) if new else ())
    network = _built(inputs, tasks, generations, champion.dropout)
    for name in new:
        _fit(network, name, (windows or {}).get(name))
    network = network.to(next(champion.parameters()).dtype)
    _shaped(network, champion.state_dict(), champion.streams)
    own = network.state_dict()
    where = places(champion, network)
    for name, value in champion.state_dict().items():
        if name in where:
            where[name].put(value, own[where[name].name])
    return network.train()


def rebuilt(
    state: Mapping[str, Tensor], inputs: Sequence[InputSpec], tasks: Sequence[Task], dropout: float = 0.1
) -> MultimodalNetwork:
    """The network that a state belongs to, grown or not, with the encoders that it was left with.

    Args:
        state: As of `MultimodalNetwork.state_dict`.
        inputs: The streams of that network, in its order.
        tasks: Its tasks.
        dropout: As in `MultimodalNetwork`.

    Returns:
        In evaluation mode.

    Raises:
        ValueError: the state is that of another network.
    """
    names = [spec.name for spec in inputs]
    numbers = [0] * len(names)
    if "generation" in state:
        numbers = state["generation"].tolist()
        if len(numbers) != len(names):
            raise ValueError(f"the state is that of {len(numbers)} streams, not of {len(names)}: {', '.join(names)}")
    generations = tuple(
        tuple(n for n, born in zip(names, numbers, strict=True) if born == g) for g in range(max(numbers) + 1)
    )
    network = _built(inputs, tasks, generations, dropout)
    _shaped(network, state, names)
    try:
        network.load_state_dict(dict(state))
    except RuntimeError as error:
        raise ValueError(f"the state is that of another network: {error}") from error
    return network.eval()


def _built(
    inputs: Sequence[InputSpec], tasks: Sequence[Task], generations: Generations, dropout: float
) -> MultimodalNetwork:
    if len(generations) == 1:
        return MultimodalNetwork(inputs, tasks, dropout)
    return Grown(inputs, tasks, generations, dropout)


def _agree(old: InputSpec, new: InputSpec | None) -> None:
    if new is None:
        raise ValueError(f"stream {old.name!r} of the champion is not among the inputs: train anew to drop it")
    for name in MEANT:
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            raise ValueError(
                f"stream {old.name!r}: {name} is {now!r}, the champion was trained with {was!r}; train anew"
            )


@torch.no_grad()
def _fit(network: MultimodalNetwork, name: str, windows: NDArray[Any] | None) -> None:
    if windows is None or not len(windows):
        raise ValueError(f"stream {name!r} is new: at least one window is needed to set its scale, got none")
    some = windows[:: 1 + len(windows) // FITTED]
    network.encoders[name].fit(torch.from_numpy(some.astype(np.float32)))  # type: ignore[operator]


def _shaped(network: MultimodalNetwork, state: Mapping[str, Tensor], streams: Sequence[str]) -> None:
    """Lessen the encoders of which the state has only parts: few windows had the others left out in `fit`."""
    for stream in streams:
        encoder = network.encoders[stream]
        parts = {name.split(".")[2] for name in state if name.startswith(f"encoders.{stream}.")}
        if any(child.state_dict() and name not in parts for name, child in encoder.named_children()):
            encoder.lessen()  # type: ignore[operator]
