"""Temperature scaling (Guo et al. 2017, arXiv:1706.04599) of every output, on validation items only."""

import math
from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor

from models.deciding import Deciding
from models.injection import Dataset, in_order
from models.network import key
from models.tasks import Task

FEWEST = 20
"""With fewer labelled validation items a temperature would be noise; it stays 1."""
COLDEST, HOTTEST = 10**-1.4, 10**1.2
BINS = 15
"""Of the calibration error."""
PRIOR_STRENGTH = 0.02
"""Pull of log T towards 0, in nats an item at log T = 1: a perfectly separated validation set must not claim certainty."""


def best_temperature(logits: Tensor, targets: Tensor, steps: int = 105) -> float:
    """The temperature with the lowest log loss on a logarithmic grid, slightly pulled towards 1.

    Args:
        logits: Shape (items, classes).
        targets: Class indices, shape (items,).
        steps: Points of the grid.
    """
    if len(targets) < FEWEST:
        return 1.0
    grid = _grid(steps)
    return float(grid[int(torch.tensor([_pulled_loss(logits, targets, t) for t in grid]).argmin())])


def safe_temperature(logits: Tensor, targets: Tensor, steps: int = 105) -> float:
    """The same among 1 and those temperatures of the grid that leave the calibration error no larger than it is at 1.

    The lowest log loss alone may raise the calibration error of its own items, above all where little is to be put right.

    Args:
        logits: Shape (items, classes).
        targets: Class indices, shape (items,).
        steps: Points of the grid.
    """
    if len(targets) < FEWEST:
        return 1.0
    most = calibration_error(torch.softmax(logits, dim=1), targets)
    grid = _grid(steps)
    allowed = [t for t in grid if calibration_error(torch.softmax(logits / t, dim=1), targets) <= most]
    return float(min([torch.ones(()), *allowed], key=lambda t: _pulled_loss(logits, targets, t)))


def _grid(steps: int) -> Tensor:
    return torch.logspace(math.log10(COLDEST), math.log10(HOTTEST), steps)


def _pulled_loss(logits: Tensor, targets: Tensor, temperature: Tensor) -> float:
    loss = torch.nn.functional.cross_entropy(logits / temperature, targets.long()).item()
    return loss + PRIOR_STRENGTH * temperature.log().square().item()


def calibration_error(probabilities: Tensor, targets: Tensor) -> float:
    """Expected calibration error (Naeini et al. 2015): mean |accuracy - confidence| of BINS equal bins, by their size.

    Args:
        probabilities: Shape (items, classes).
        targets: Class indices, shape (items,).
    """
    confidence, answers = probabilities.double().max(dim=1)
    bins = (confidence * BINS).long().clamp(0, BINS - 1)
    gaps = torch.zeros(BINS, dtype=torch.float64).index_add(0, bins, (answers == targets).double() - confidence)
    return float(gaps.abs().sum()) / max(1, len(targets))


def masks(streams: int) -> Iterator[Tensor]:
    """Every presence mask with at least one stream, shape (streams,), bool."""
    for bits in product((False, True), repeat=streams):
        if any(bits):
            yield torch.tensor(bits)


@torch.inference_mode()
def calibrate(deciding: Deciding, val: Dataset) -> None:
    """Set every temperature of a network from validation items; the averaged output gets one for each number of streams."""
    network = deciding.network
    batches = list(in_order(val, 256))
    features = [torch.cat(rows) for rows in zip(*(network.encode(b) for b in batches), strict=True)]
    presence = torch.cat([b.presence(network.streams) for b in batches])
    targets = {name: torch.from_numpy(values) for name, values in val.targets.items()}
    seen: dict[tuple[str, int], list[tuple[Tensor, Tensor]]] = {}
    for mask in masks(len(network.streams)):
        there = (presence & mask).sum(dim=1) == mask.sum()
        if not there.any():
            continue
        here = (presence & mask)[there]
        answers = network.answer(network.advance([f[there] for f in features], here))
        for task in network.tasks:
            for output, logits in deciding.combined(task, answers, here).items():
                _collect(seen, task, output, mask, logits, targets[task.name][there], network.streams)
    for (output, place), found in seen.items():
        logits, wanted = (torch.cat(parts) for parts in zip(*found, strict=True))
        deciding.get_buffer(key(f"temperature {output}"))[place] = safe_temperature(logits, wanted)


def _collect(
    seen: dict[tuple[str, int], list[tuple[Tensor, Tensor]]],
    task: Task,
    output: str,
    mask: Tensor,
    logits: Tensor,
    targets: Tensor,
    streams: tuple[str, ...],
) -> None:
    """Keep a mask's logits for the outputs that it calibrates."""
    if not task.classes:
        return
    averaged = output == task.name and task.stream is None
    stream = task.stream or (output.rpartition(":")[2] if not averaged else None)
    if stream in streams and not mask[streams.index(stream)]:
        return
    known = ~targets.isnan()
    place = int(mask.sum()) - 1 if averaged else 0
    seen.setdefault((output, place), []).append((logits[known], targets[known]))
