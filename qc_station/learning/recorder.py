"""From a finished training to the record of it: epochs, answers, contributions, robustness, the machine."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.contribution import MOST_STREAMS
from models.deciding import Deciding
from models.discrepancy import Pair, pairs_of
from models.history import Epoch, Outcome
from models.injection import Dataset
from models.recurrence import TOLERANCE
from models.robustness import RobustnessSettings
from models.scorers import MAIN, network_contributions
from models.tasks import Task
from qc_station.config.station import StationConfig
from qc_station.learning.answers import encoded, subsets_of, validation_of
from qc_station.learning.curve import learning_curve
from qc_station.learning.drifts import drifts
from qc_station.learning.record import (
    ContributionRecord,
    CurvePoint,
    EpochRecord,
    PairRecord,
    TaskRecord,
    TrainingRecord,
    numbers,
)
from qc_station.learning.robustness import robustness_of

CLASS_UNIT, VALUE_UNIT = "nats", "squared unit of the label"
PERTURBED = RobustnessSettings(noise=(0.3, 1.0), radii=(0.1,), steps=3, most_items=128, most_attacked=32)
"""A short look at every training: a few seconds of one core for three streams."""


def record_of(
    outcome: Outcome,
    deciding: Deciding,
    train: Dataset,
    val: Dataset,
    config: StationConfig,
    floor: dict[str, Any] | None = None,
) -> TrainingRecord:
    """Record a training.

    Args:
        outcome: How it went.
        deciding: The calibrated graph of the kept network, in evaluation mode.
        train: The training items.
        val: The validation items.
        config: The station.
        floor: The classical floor beside the network; None where not fitted.
    """
    network, items, window = deciding.network, encoded(deciding, val), config.training.window
    return TrainingRecord(
        tasks={task.name: _task(task, pairs_of(network)) for task in network.tasks},
        pairs={
            p.output: PairRecord(
                task=p.task.name, stream=None if p.stream is None else network.streams[p.stream], weight=p.weight
            )
            for p in pairs_of(network)
        },
        epochs=tuple(_epoch(epoch) for epoch in outcome.epochs),
        best=outcome.best,
        ended=outcome.reason,
        skipped=outcome.skipped,
        window=window,
        tolerance=TOLERANCE,
        drifts=drifts(outcome.epochs, {p.output: p.weight for p in pairs_of(network)}, window),
        notes=outcome.notes,
        neurons=tuple(network.describe()),
        validation=validation_of(deciding, val, items),
        subsets=tuple(subsets_of(deciding, val, items, config.ok_classes)),
        contributions=tuple(_contributions(deciding, val)),
        novelty=_novelty(deciding),
        floor=floor,
        learning_curve=_curve(deciding, train, val, config.training.seed),
        robustness=robustness_of(deciding, val, train, config, PERTURBED),
        processor=processor(),
        threads=torch.get_num_threads(),
        seconds=outcome.epochs[-1].elapsed_s,
    )


def processor() -> str:
    """The model name of this machine's processor; empty where the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _task(task: Task, pairs: Sequence[Pair]) -> TaskRecord:
    pair = next(p for p in pairs if p.task.name == task.name)
    return TaskRecord(
        stream=task.stream,
        classes=task.classes,
        frequencies=task.frequencies,
        loss=pair.loss.name,
        unit=CLASS_UNIT if task.classes else VALUE_UNIT,
        no_skill=pair.shown(1.0),
        no_skill_val=pair.shown(1.0, validation=True),
        weight=task.weight,
    )


def _epoch(epoch: Epoch) -> EpochRecord:
    return EpochRecord(
        number=epoch.number,
        planned=epoch.planned,
        train=numbers(epoch.train),
        val=numbers(epoch.val),
        weights=numbers(epoch.weights),
        elapsed_s=round(epoch.elapsed_s, 3),
        shares=numbers(epoch.shares),
        cosines=numbers(epoch.cosines),
        rates=numbers(epoch.rates),
        extra=numbers(epoch.extra),
    )


def _contributions(deciding: Deciding, val: Dataset) -> Iterator[ContributionRecord]:
    """Shapley values of the label's figures, where it has classes and a validation item."""
    tasks = [task.name for task in deciding.network.tasks if task.name == MAIN and task.classes]
    if not tasks or np.isnan(val.targets[MAIN]).all() or len(deciding.network.streams) > MOST_STREAMS:
        return
    for found in network_contributions(deciding, val):
        yield ContributionRecord(
            figure=found.figure, items=found.items, prior=found.prior, whole=found.whole, streams=found.streams
        )


def _novelty(deciding: Deciding) -> dict[str, Any] | None:
    """What the novelty is made of; its p-values on validation items are uniform by construction and say nothing."""
    novelty = deciding.novelty
    if novelty is None:
        return None
    fitted = [name for name, there in zip(novelty.streams, novelty.fitted.tolist(), strict=True) if there]
    return {"streams": fitted, "smallest": novelty.smallest}


def _curve(deciding: Deciding, train: Dataset, val: Dataset, seed: int) -> tuple[CurvePoint, ...]:
    """The learning curve of the label, where it has classes."""
    main = next((task for task in deciding.network.tasks if task.name == MAIN and task.classes), None)
    return () if main is None else learning_curve(deciding.network.inputs, main, train, val, seed)
