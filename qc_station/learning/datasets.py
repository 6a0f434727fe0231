"""Items of the store as arrays that the trainer takes."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.injection import ABSENT, Dataset, InputSpec
from models.tasks import Task, targets_of, tasks_of
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.errors import ConfigError
from qc_station.items import Item

VALIDATION_SHARE = 0.2
FEWEST_ITEMS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """Training and validation items; test items are never loaded."""

    train: tuple[Item, ...]
    """What the network learns from."""
    val: tuple[Item, ...]
    """What early stopping, temperatures and reported figures are taken from."""
    origin: str
    """Where the border comes from, for the report."""


def input_spec(name: str, stream: StreamConfig) -> InputSpec:
    """A stream's entry point into the network."""
    return InputSpec(
        name=name,
        kind=stream.kind,
        shape=stream.window_shape,
        rate_hz=stream.rate_hz,
        dtype=stream.sample_type,
        level_normalization=stream.level_normalization,
        augment=stream.augment,
    )


def split_items(items: Iterable[Item]) -> Splits:
    """Use the recorded split; without validation items hold back a fifth of the training groups.

    Raises:
        ConfigError: too few labelled items.
    """
    by_split: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        # A part that the line kept and nobody has looked at teaches nothing yet.
        if item.labels:
            by_split[item.split or "train"].append(item)
    train, val, origin = by_split["train"], by_split["val"], "as recorded"
    if not val:
        train, val = _held_back(train)
        origin = f"{VALIDATION_SHARE:.0%} of the training groups, by a hash of the group's name"
    if len(train) < FEWEST_ITEMS or not val:
        raise ConfigError(
            f"{len(train)} training and {len(val)} validation items; at least {FEWEST_ITEMS} and 1, in different groups, are needed"
        )
    return Splits(train=tuple(train), val=tuple(val), origin=origin)


def _held_back(items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Whole groups of each class, so that rare classes reach validation and no group stands on both sides."""
    classes: dict[str, dict[str, None]] = defaultdict(dict)
    seen: set[str] = set()
    for item in items:
        if item.group not in seen:
            seen.add(item.group)
            classes[item.labels.get("label", "")][item.group] = None
    back = set()
    for groups in classes.values():
        order = sorted(groups, key=lambda g: hashlib.sha256(g.encode()).digest())
        back.update(order[: round(len(order) * VALIDATION_SHARE)])
    return [i for i in items if i.group not in back], [i for i in items if i.group in back]


def find_tasks(config: StationConfig, train: Sequence[Item]) -> tuple[Task, ...]:
    """The tasks that the training labels allow.

    Raises:
        ConfigError: no label varies.
    """
    columns: dict[str, list[str]] = defaultdict(list)
    for item in train:
        for column, text in item.labels.items():
            if column.partition(".")[2] in ("", *config.inspecting):
                columns[column].append(text)
    try:
        tasks = tasks_of(columns, config.ok_classes, config.training.weights, config.training.losses)
    except ValueError as error:
        raise ConfigError(f"station.toml: training.losses: {error}") from error
    if not tasks:
        found = ", ".join(f"{c}: {len(set(v))} class(es)" for c, v in columns.items()) or "no labels"
        raise ConfigError(
            f"nothing to learn: {found} in {len(train)} training items; a label with two classes is needed"
        )
    return tasks


def as_dataset(items: Sequence[Item], streams: Mapping[str, StreamConfig], tasks: Sequence[Task]) -> Dataset:
    """Stack the windows of each stream in their own dtype, the targets of each task and what is not weighed in full."""
    windows, rows = {}, {}
    for name, stream in streams.items():
        row = np.full(len(items), ABSENT)
        here = [n for n, item in enumerate(items) if name in item.windows]
        row[here] = np.arange(len(here))
        empty = np.zeros((0, *stream.window_shape), stream.sample_type)
        windows[name] = np.stack([items[n].windows[name] for n in here]) if here else empty
        rows[name] = row
    targets = {t.name: targets_of(t, [i.labels.get(t.name) for i in items]) for t in tasks}
    names, weights = tuple(i.name for i in items), _weights(items, streams)
    return Dataset(windows=windows, rows=rows, targets=targets, names=names, weights=weights)


def _weights(items: Sequence[Item], streams: Iterable[str]) -> dict[str, NDArray[np.float32]]:
    """The items' own weights under "" and the qualities of their windows by stream; what is 1 throughout is left out."""
    found = {"": np.array([i.weight for i in items], np.float32)}
    found |= {name: np.array([i.quality.get(name, 1.0) for i in items], np.float32) for name in streams}
    return {name: values for name, values in found.items() if (values != 1).any()}
