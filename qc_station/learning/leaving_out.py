"""What novelty is worth on kinds of defects that nobody has seen: trained without each in turn, asked on validation items."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch

from models.novelty.leaving_out import leave_out
from qc_station.config.station import StationConfig
from qc_station.errors import ConfigError
from qc_station.items import Item
from qc_station.learning.datasets import as_dataset, find_tasks, input_spec, split_items
from qc_station.learning.record import numbers
from qc_station.learning.training import digest_of, settings_of

MAIN = "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutClasses:
    """Every defect that a training was done without."""

    rows: tuple[dict[str, Any], ...]
    """Name, novel and known parts, and auroc by output, as `TrainingRecord.novelty` takes them under left_out."""
    refused: tuple[str, ...]
    """Why a class could not be left out, one line each."""
    data_digest: str
    """Of the training and validation items; a bundle's own says whether it learnt from the same."""


def leave_out_defects(
    config: StationConfig, items: Iterable[Item], said: Callable[[str], None] = lambda _: None
) -> LeftOutClasses:
    """Train once without each class of defects, as the station trains, and see how novel its parts look.

    Validation items are asked and take no part in these trainings, whose own validation is held back from the training
    groups. So each network has seen a fifth less than the one that is reported on.

    Args:
        config: The station.
        items: Training and validation items; others are ignored, and their order does not matter.
        said: Told which class is left out now.

    Raises:
        ConfigError: too few items, no classes of defects, or none of them can be left out.
    """
    torch.set_num_threads(config.training.threads or torch.get_num_threads())
    splits = split_items(sorted(items, key=lambda item: item.name))
    inner = split_items(replace(item, split="train") for item in splits.train)
    tasks = find_tasks(config, inner.train)
    defects = [c for task in tasks if task.name == MAIN for c in task.classes if c not in config.ok_classes]
    if not defects:
        raise ConfigError(f"no class to leave out: {MAIN} has no classes of defects beside {config.ok_classes}")
    specs = [input_spec(name, stream) for name, stream in config.inspecting.items()]
    learnt, held, asked = (as_dataset(p, config.inspecting, tasks) for p in (inner.train, inner.val, splits.val))
    rows, refused = list[dict[str, Any]](), list[str]()
    for number, name in enumerate(defects, start=1):
        said(f"training without {name!r} ({number} of {len(defects)})")
        try:
            found = leave_out(name, specs, tasks, learnt, held, asked, settings_of(config.training))
        except ValueError as error:
            refused.append(f"{name!r} was not left out: {error}")
            continue
        rows.append({"name": name, "novel": found.novel, "known": found.known, "auroc": numbers(found.auroc)})
    if not rows:
        raise ConfigError("no class could be left out:" + "".join(f"\n  {why}" for why in refused))
    return LeftOutClasses(rows=tuple(rows), refused=tuple(refused), data_digest=digest_of((*splits.train, *splits.val)))
