"""What a network answers to the validation items: with the streams that are there, and with fewer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.calibration import masks
from models.deciding import Deciding
from models.discrepancy import pairs_of
from models.injection import Dataset, in_order
from models.novelty.leaving_out import p_values
from models.scorers import MAIN
from models.tasks import Task
from qc_station.figures.scoring import classification
from qc_station.learning.record import SubsetRecord, ValidationRecord, numbers

MOST_SUBSETS = 64
DECIMALS = 7
"""Of a stored answer: what single precision holds of a probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """The validation items behind their encoders, so that a mask costs the hidden layers alone."""

    features: list[Tensor]
    """By stream in order, shape (items, features), float32; zero where absent."""
    presence: Tensor
    """Shape (items, streams), bool."""


@torch.inference_mode()
def encoded(deciding: Deciding, data: Dataset) -> Encoded:
    """Run the encoders over all items once."""
    batches = list(in_order(data, 256))
    rows = zip(*(deciding.network.encode(batch) for batch in batches), strict=True)
    presence = torch.cat([batch.presence(deciding.network.streams) for batch in batches])
    return Encoded(features=[torch.cat(parts) for parts in rows], presence=presence)


@torch.inference_mode()
def validation_of(deciding: Deciding, val: Dataset, items: Encoded) -> ValidationRecord:
    """What every output says to every item with the streams that it has."""
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
        novelty=_novelty(deciding, val, items.presence),
    )


def _novelty(deciding: Deciding, val: Dataset, presence: Tensor) -> dict[str, tuple[float | None, ...]]:
    """P-values of every item through the whole graph, since novelty looks at more of a window than its features."""
    found = p_values(deciding, val) if deciding.novelty else {}
    columns = {name: number for number, name in enumerate(deciding.network.streams)}
    here = {name: presence[:, columns[s]] if (s := name.partition(":")[2]) else presence.any(dim=1) for name in found}
    return {
        name: tuple(round(p, DECIMALS) if there else None for p, there in zip(rows.tolist(), here[name], strict=True))
        for name, rows in found.items()
    }


def _rows(answers: Tensor, there: Tensor) -> tuple[tuple[float, ...] | None, ...]:
    rows = zip(answers.tolist(), there.tolist(), strict=True)
    return tuple(tuple(round(x, DECIMALS) for x in row) if here else None for row, here in rows)


def _targets(task: Task, values: NDArray[np.float32]) -> tuple[float | None, ...]:
    """In the label's own unit; a target is standardized only while it is learnt."""
    mean, std = (0.0, 1.0) if task.classes else task.frequencies
    return tuple(None if np.isnan(v) else float(f"{v * std + mean:.6g}") for v in values.tolist())


@torch.inference_mode()
def subsets_of(deciding: Deciding, val: Dataset, items: Encoded, ok_classes: Sequence[str]) -> Iterator[SubsetRecord]:
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
