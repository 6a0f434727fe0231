"""The losses of a network on validation items, as they will be after calibration."""

import torch
from torch import Tensor

from models.calibration import best_temperature
from models.discrepancy import Pair, class_weights, eligible, pair_losses
from models.injection import Dataset, in_order
from models.network import MultimodalNetwork

COARSE = 15
"""Temperatures that are tried; the fine grid is for the network that is kept."""


@torch.inference_mode()
def validation_losses(network: MultimodalNetwork, pairs: tuple[Pair, ...], val: Dataset) -> dict[str, float]:
    """Mean normalized loss of each pair that validation items have, 1 for no skill.

    The loss of a class task is the cross-entropy under the training frequencies at its best temperature: what is
    deployed is calibrated, so a network that is right but too sure of itself is not worse than one that is less right.

    Args:
        network: In evaluation mode.
        pairs: Its input-output pairs.
        val: The items.
    """
    found: dict[str, tuple[list[Tensor], list[Tensor]]] = {pair.output: ([], []) for pair in pairs}
    for batch in in_order(val, 256):
        presence = batch.presence(network.streams)
        answers = network.answer(network.advance(network.encode(batch), presence))
        for pair in pairs:
            here = eligible(pair, batch.targets, presence)
            found[pair.output][0].append(answers[pair.output][here])
            found[pair.output][1].append(batch.targets[pair.task.name][here])
    whole = {output: (torch.cat(answers), torch.cat(targets)) for output, (answers, targets) in found.items()}
    return {p.output: _loss(p, *whole[p.output]) for p in pairs if len(whole[p.output][1])}


def _loss(pair: Pair, answers: Tensor, targets: Tensor) -> float:
    if not pair.task.classes:
        return float(pair_losses(pair, answers, targets).mean())
    logits = answers - class_weights(pair.task).log()
    calibrated = logits / best_temperature(logits, targets, COARSE)
    return float(torch.nn.functional.cross_entropy(calibrated, targets.long())) / pair.task.no_skill
