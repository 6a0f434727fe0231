"""The classical floor on a challenge set, beside which bundles are shown."""

from collections.abc import Iterable

import numpy as np

from models.floor import Floor
from qc_station.champion.challenge import Answers, Challenge
from qc_station.config.station import StationConfig
from qc_station.errors import ConfigError
from qc_station.evaluation import MAIN
from qc_station.items import Item
from qc_station.learning.datasets import as_dataset, find_tasks, input_spec, split_items
from qc_station.verdict import Policy


def floor_answers(config: StationConfig, items: Iterable[Item], challenge: Challenge) -> Answers:
    """Fit the floor to a station's training items, calibrate it, and ask it.

    Args:
        config: The station.
        items: Training and validation items.
        challenge: What it is asked; its items teach nothing.

    Raises:
        ConfigError: nothing to learn from, or nothing to ask.
    """
    splits = split_items(sorted(items, key=lambda item: item.name))
    task = next((t for t in find_tasks(config, splits.train) if t.name == MAIN and t.classes), None)
    if task is None or not challenge.items:
        raise ConfigError("no floor: the label has no classes, or no labelled item stands in test or challenge")
    streams = config.inspecting
    learnt, held, asked = (as_dataset(part, streams, (task,)) for part in (splits.train, splits.val, challenge.items))
    floor = Floor([input_spec(name, stream) for name, stream in streams.items()], task, learnt)
    if not floor.rules:
        raise ConfigError("no floor: no stream has items of two classes")
    floor.calibrate(held)
    answers = floor.predict_proba(asked)
    classes, ok = np.array(task.classes), np.isin(task.classes, list(config.ok_classes))
    policy = Policy(escape=config.costs.escape, overkill=config.costs.overkill, review=config.costs.review)
    bad = answers[:, ~ok].sum(axis=1).clip(0.0, 1.0)
    decisions = np.array([policy.decide(float(one)).value for one in bad], np.str_)
    right = classes[answers.argmax(axis=1)] == challenge.labels
    return Answers(right=right, decisions=decisions)
