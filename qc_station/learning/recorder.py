"""From a finished training to the record of it: the kept network's answers to the validation items, under every mask."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.calibration import masks
from models.contribution import MOST_STREAMS
from models.deciding import Deciding
from models.discrepancy import Pair, pairs_of
from models.history import Epoch, Outcome
from models.injection import Dataset, in_order
from models.recurrence import TOLERANCE
from models.robustness import RobustnessSettings
from models.scorers import MAIN, network_contributions
from models.tasks import Task
from qc_station.config.station import StationConfig
from qc_station.figures.scoring import classification
from qc_station.learning.drifts import drifts
from qc_station.learning.record import (
    ContributionRecord,
    EpochRecord,
    PairRecord,
    SubsetRecord,
    TaskRecord,
    TrainingRecord,
    ValidationRecord,
    numbers,
)
from qc_station.learning.robustness import robustness_of

MOST_SUBSETS = 64
CLASS_UNIT, VALUE_UNIT = "nats", "squared unit of the label"
PERTURBED = RobustnessSettings(noise=(0.3, 1.0), radii=(0.1,), steps=3, most_items=128, most_attacked=32)
"""A short look at every training: a few seconds of one core for three streams."""
DECIMALS = 7
"""Of a stored answer: what single precision holds of a probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """The validation items behind their encoders, so that a mask costs the hidden layers alone."""

    features: list[Tensor]
    """By stream in order, shape (items, features), float32; zero where absent."""
    presence: Tensor
    """Shape (items, streams), bool."""


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
        validation=_validation(deciding, val, items),
        subsets=tuple(_subsets(deciding, val, items, config.ok_classes)),
        contributions=tuple(_contributions(deciding, val)),
        novelty=_novelty(deciding),
        floor=floor,
        robustness=robustness_of(deciding, val, train, config, PERTURBED),
        processor=processor(),
        threads=torch.get_num_threads(),
        seconds=outcome.epochs[-1].elapsed_s,
    )


@torch.inference_mode()
def encoded(deciding: Deciding, data: Dataset) -> Encoded:
    """Run the encoders over all items once."""
    batches = list(in_order(data, 256))
    rows = zip(*(deciding.network.encode(batch) for batch in batches), strict=True)
    presence = torch.cat([batch.presence(deciding.network.streams) for batch in batches])
    return Encoded(features=[torch.cat(parts) for parts in rows], presence=presence)


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


@torch.inference_mode()
def _validation(deciding: Deciding, val: Dataset, items: Encoded) -> ValidationRecord:
    streams = deciding.network.streams
    results = dict(zip(deciding.answer_names(), deciding.decide(items.features, items.presence), strict=True))
    own = {p.output: p.stream for p in pairs_of(deciding.network)}
    answers = {}
    for task in deciding.network.tasks:
        for output in deciding.outputs_of(task):
            column = own.get(output)
            there = items.presence.any(dim=1) if column is None else items.presence[:, column]
            answers[output] = _rows(results[output], there)
    return ValidationRecord(
        streams=streams,
        presence=tuple("".join("01"[bit] for bit in row) for row in items.presence.tolist()),
        targets={task.name: _targets(task, val.targets[task.name]) for task in deciding.network.tasks},
        answers=answers,
    )


def _rows(answers: Tensor, there: Tensor) -> tuple[tuple[float, ...] | None, ...]:
    rows = zip(answers.tolist(), there.tolist(), strict=True)
    return tuple(tuple(round(x, DECIMALS) for x in row) if here else None for row, here in rows)


def _targets(task: Task, values: NDArray[np.float32]) -> tuple[float | None, ...]:
    """In the label's own unit; a target is standardized only while it is learnt."""
    mean, std = (0.0, 1.0) if task.classes else task.frequencies
    return tuple(None if np.isnan(v) else float(f"{v * std + mean:.6g}") for v in values.tolist())


@torch.inference_mode()
def _subsets(deciding: Deciding, val: Dataset, items: Encoded, ok_classes: Sequence[str]) -> Iterator[SubsetRecord]:
    """Figures of the label under every mask, the fullest first, over the items that have all of its streams."""
    network = deciding.network
    main = next((task for task in network.tasks if task.name == MAIN and task.classes), None)
    if main is None:
        return
    wanted, place = torch.from_numpy(val.targets[MAIN]), deciding.answer_names().index(MAIN)
    ok = np.array([c in ok_classes for c in main.classes])
    for mask in sorted(masks(len(network.streams)), key=lambda m: -int(m.sum()))[:MOST_SUBSETS]:
        here = ((items.presence & mask).sum(dim=1) == mask.sum()) & ~wanted.isnan()
        if not here.any():
            continue
        shown = mask.expand(int(here.sum()), -1)
        answers = deciding.decide([f[here] for f in items.features], shown)[place].numpy()
        targets = wanted[here].long().numpy()
        figures = classification(answers, targets, ok)
        yield SubsetRecord(
            streams=tuple(s for s, bit in zip(network.streams, mask.tolist(), strict=True) if bit),
            items=len(targets),
            correct=int((answers.argmax(axis=1) == targets).sum()),
            figures=numbers({name: value for name, value in figures.items() if value is not None}),
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
