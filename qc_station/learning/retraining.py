"""Learn on from the champion with what was labelled since; from nothing where that cannot be."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.continual.fine_tuning import FineTuned, Keeping, fine_tune
from models.continual.forgetting import told
from models.continual.warm_start import tasks_after, warm_start
from models.history import Epoch
from models.injection import Dataset, InputSpec
from models.tasks import Task
from qc_station.config.station import StationConfig
from qc_station.errors import ConfigError
from qc_station.items import Item
from qc_station.learning.apart import threads_beside_the_line
from qc_station.learning.datasets import Splits, as_dataset, find_tasks, input_spec, split_items
from qc_station.learning.parameters import Parameters
from qc_station.learning.training import Trained, settings_of, terms_of, train
from qc_station.store.digests import content_digest

LEAST_REPLAYED = 400
"""Old items that stand beside the new ones, where there are as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """A network that may become a candidate, and how it came about."""

    trained: Trained
    """For `qc_station.learning.training.publish`."""
    tuned: FineTuned | None
    """How the champion learnt on; None where the network began from nothing."""
    anew: str
    """Why it began from nothing; "" where it did not."""

    def summary(self) -> dict[str, Any]:
        """For people and programs."""
        if self.tuned is None:
            return {"how": "trained anew", "because": self.anew}
        return {
            "how": "fine-tuned",
            "parent": self.trained.origin["parent"],
            "new": self.tuned.new,
            "replayed": self.tuned.replayed,
            "new_classes": self.trained.origin["new_classes"],
            "kept": told(self.tuned.forgetting),
        }


def retrain(
    config: StationConfig,
    items: Iterable[Item],
    champion: Parameters | str,
    report: Callable[[Epoch], None] = lambda _: None,
    *,
    who: str = "",
) -> Retrained:
    """Learn on from the champion, or anew.

    Args:
        config: The station.
        items: Training and validation items; others are ignored, and their order does not matter.
        champion: Its parameters, or why there are none.
        report: Called after every epoch.
        who: Who asked for it, for the provenance.

    Raises:
        ConfigError: nothing to learn from, or nothing was labelled since the champion learnt.
    """
    torch.set_num_threads(config.training.threads or threads_beside_the_line())
    labelled = sorted((item for item in items if item.labels), key=lambda item: item.name)
    if isinstance(champion, str):
        return _anew(config, labelled, champion, report, who)
    learnt = champion.about.learnt
    splits = _apart(split_items(labelled), learnt)
    known = np.array([learnt.get(item.name) == content_digest(item) for item in splits.train])
    if known.all():
        raise ConfigError(
            f"nothing was labelled since the champion learnt: all {len(known)} training items are what it has seen"
        )
    specs = [input_spec(name, stream) for name, stream in config.inspecting.items()]
    try:
        tasks = tasks_after(champion.network.tasks, find_tasks(config, splits.train))
        data = as_dataset(splits.train, config.inspecting, tasks)
        # Only to be refused here, where training anew is still possible; fine-tuning builds it again.
        warm_start(champion.network, specs, tasks, data.windows)
    except ValueError as error:
        return _anew(config, labelled, f"the champion cannot learn this: {error}", report, who)
    return _on(config, splits, Known(items=known, data=data, champion=champion), specs, tasks, report, who)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the champion knows."""

    items: NDArray[np.bool_]
    """Which training items it has learnt, shape (items,)."""
    data: Dataset
    """All training items as arrays."""
    champion: Parameters
    """The network."""


def _on(
    config: StationConfig,
    splits: Splits,
    known: Known,
    specs: Sequence[InputSpec],
    tasks: tuple[Task, ...],
    report: Callable[[Epoch], None],
    who: str,
) -> Retrained:
    """Fine-tune with replay."""
    streams, champion = config.inspecting, known.champion
    held = as_dataset(splits.val, streams, tasks)
    new = as_dataset([item for item, old in zip(splits.train, known.items, strict=True) if not old], streams, tasks)
    tuned = fine_tune(
        champion.network,
        specs,
        tasks,
        new,
        known.data.taken(np.flatnonzero(known.items)),
        held,
        settings_of(config.training),
        Keeping(least=LEAST_REPLAYED, ewc=config.training.ewc),
        terms=terms_of(config.training, tuple(streams), tasks),
        report=report,
    )
    origin = {
        "parent": champion.about.bundle,
        "new_items": tuned.new,
        "replayed_items": tuned.replayed,
        "new_classes": _new_classes(champion.network.tasks, tasks),
        "kept": told(tuned.forgetting),
        "asked_by": who,
    }
    trained = Trained(
        config=config,
        splits=splits,
        tasks=tasks,
        train=known.data,
        val=held,
        outcome=tuned.outcome,
        first=True,
        origin=origin,
    )
    return Retrained(trained=trained, tuned=tuned, anew="")


def _anew(
    config: StationConfig, items: Sequence[Item], why: str, report: Callable[[Epoch], None], who: str
) -> Retrained:
    trained = train(config, items, report)
    return Retrained(trained=replace(trained, origin={"anew": why, "asked_by": who}), tuned=None, anew=why)


def _apart(splits: Splits, learnt: dict[str, str]) -> Splits:
    """No item validates what it has taught, also where validation items are held back anew.

    Raises:
        ConfigError: nothing is left to validate with.
    """
    taught = [item for item in splits.val if item.name in learnt]
    if not taught:
        return splits
    val = tuple(item for item in splits.val if item.name not in learnt)
    if not val:
        raise ConfigError(
            f"all {len(taught)} validation items taught the champion; put some groups into val, or train anew"
        )
    return replace(splits, train=(*splits.train, *taught), val=val)


def _new_classes(before: Iterable[Task], after: Iterable[Task]) -> dict[str, list[str]]:
    """Classes that the champion did not know, by task."""
    known = {task.name: task.classes for task in before}
    found = {task.name: [c for c in task.classes if c not in known.get(task.name, ())] for task in after}
    return {name: classes for name, classes in found.items() if classes}
