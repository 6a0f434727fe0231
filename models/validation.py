"""The losses of a network on validation items, as they will be after calibration."""

import torch
from torch import Tensor

from models.calibration import best_temperature
from models.discrepancy import Pair, eligible, pair_losses
from models.injection import Dataset, in_order
from models.losses.base import ClassLoss
from models.network import MultimodalNetwork

COARSE = 15
"""Temperatures that are tried; the fine grid is for the network that is kept."""
AT_ONCE = 16
"""Items of one forward pass: the spectrograms of more at once would be the largest part of a training's memory."""


@torch.inference_mode()
def validation_losses(network: MultimodalNetwork, pairs: tuple[Pair, ...], val: Dataset) -> dict[str, Tensor]:
    """Normalized loss of every validation item by pair, 1 for no skill; pairs without a labelled item are left out.

    A class task is judged (`Loss.judged`, by default the cross-entropy) by its probabilities under the training
    frequencies at their best temperature: what is deployed is calibrated, so a network that is right but too sure of
    itself is not worse than one that is less right.

    Args:
        network: In evaluation mode.
        pairs: Its input-output pairs.
        val: The items.

    Returns:
        By output, shape (items that have the pair,), in the order of the items.
    """
    found: dict[str, tuple[list[Tensor], list[Tensor]]] = {pair.output: ([], []) for pair in pairs}
    for batch in in_order(val, AT_ONCE):
        presence = batch.presence(network.streams)
        answers = network.answer(network.advance(network.encode(batch), presence))
        for pair in pairs:
            here = eligible(pair, batch.targets, presence)
            found[pair.output][0].append(answers[pair.output][here])
            found[pair.output][1].append(batch.targets[pair.task.name][here])
    whole = {output: (torch.cat(answers), torch.cat(targets)) for output, (answers, targets) in found.items()}
    return {p.output: _loss(p, *whole[p.output]) for p in pairs if len(whole[p.output][1])}


def _loss(pair: Pair, answers: Tensor, targets: Tensor) -> Tensor:
    loss = pair.loss
    if not isinstance(loss, ClassLoss):
        return pair_losses(pair, answers, targets)
    logits = loss.logits(answers) - loss.shift
    calibrated = logits / best_temperature(logits, targets, COARSE)
    return loss.judged(calibrated, targets) / loss.judged_no_skill


def clearly_better(
    earlier: dict[str, Tensor], later: dict[str, Tensor], weights: dict[str, float], deviations: float = 1.0
) -> bool:
    """Whether an earlier epoch beats a later one by more than the validation items may differ by chance.

    The lowest of some dozen noisy numbers is low by luck; the end of the schedule is the better bet until the paired
    difference is `deviations` standard errors, by default one (the rule of Breiman et al. 1984). Those of the heads
    are added, as if the same items made all of them err together, which asks for more than one rather than less.

    Args:
        earlier: Losses of every item by output, as of `validation_losses`.
        later: The same items.
        weights: Weight of each output in the cumulative loss.
        deviations: Standard errors that the gain must exceed.
    """
    gain = error = 0.0
    for output, losses in later.items():
        difference = losses - earlier[output]
        gain += weights[output] * float(difference.mean())
        error += weights[output] * float(difference.std(correction=0)) / max(1, len(difference) - 1) ** 0.5
    # A later epoch that is not finite is never the better one.
    return not gain <= deviations * error
