"""The classical floor beside a network: the same items, the same validation, and whether the network is worth its weight."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.deciding import Deciding
from models.floor import Floor
from models.injection import Dataset, InputSpec, in_order
from models.tasks import Task
from qc_station.figures.paired import auc_difference, mcnemar, mean_difference
from qc_station.figures.scoring import classification

MAIN = "label"
BATCH = 128
LEAST = 1e-12
"""A probability of 0 has no logarithm."""


def beside_floor(
    deciding: Deciding,
    inputs: Sequence[InputSpec],
    train: Dataset,
    val: Dataset,
    *,
    groups: Sequence[str],
    ok_classes: Sequence[str],
) -> dict[str, Any] | None:
    """Fit the floor of the part's label and compare it with a calibrated network on validation items.

    Args:
        deciding: The network, calibrated, in evaluation mode.
        inputs: Its streams.
        train: What it was trained on.
        val: Validation items.
        groups: Group of each validation item.
        ok_classes: Classes of `label` that mean a good part.

    Returns:
        Figures of both, the paired tests, `beaten` and `message`, as JSON takes them; None where the part has no classes
        or no validation item is labelled.
    """
    task = next((t for t in deciding.network.tasks if t.name == MAIN and t.classes), None)
    if task is None or not (known := ~np.isnan(val.targets[MAIN])).any():
        return None
    floor = Floor(inputs, task, train)
    if not floor.rules:
        return None
    floor.calibrate(val)
    answers = {"network": network_probabilities(deciding, val, task)[known], "floor": floor.predict_proba(val)[known]}
    targets = val.targets[MAIN][known].astype(np.int64)
    names = [group for group, here in zip(groups, known, strict=True) if here]
    ok = np.array([c in ok_classes for c in task.classes])
    return {"summary": floor.summary()} | compared(answers["network"], answers["floor"], targets, names, ok)


def compared(
    network: NDArray[np.float64],
    floor: NDArray[np.float64],
    targets: NDArray[np.int64],
    groups: Sequence[str],
    ok: NDArray[np.bool_],
) -> dict[str, Any]:
    """Figures of both on the same items, and the paired tests; differences are network less floor.

    The log loss decides, since it hears every item and both sides had their temperatures from the same items; a network
    that is right about every item is never refused.

    Args:
        network: Probabilities, shape (items, classes).
        floor: Probabilities, shape (items, classes).
        targets: Class indices, shape (items,).
        groups: Group of each item, see `qc_station.figures.paired`.
        ok: Which classes mean a good part, shape (classes,).
    """
    both = {"network": network, "floor": floor}
    right = {side: answer.argmax(axis=1) == targets for side, answer in both.items()}
    losses = {s: -np.log(np.maximum(a[np.arange(len(targets)), targets], LEAST)) for s, a in both.items()}
    bad = {side: answer[:, ~ok].sum(axis=1) for side, answer in both.items()}
    area = auc_difference(bad["network"], bad["floor"], ~ok[targets], groups) if ok.any() and not ok.all() else None
    loss = mean_difference(losses["network"], losses["floor"], groups)
    test = mcnemar(right["network"], right["floor"])
    beaten = bool(loss.value < 0 or right["network"].all())
    return {
        "items": len(targets),
        "validation": {side: classification(answer.astype(np.float32), targets, ok) for side, answer in both.items()},
        "mcnemar": asdict(test),
        "auc_difference": None if area is None else asdict(area),
        "log_loss_difference": asdict(loss),
        "beaten": beaten,
        "message": _message(beaten, "" if loss.sure else _chance(groups), losses, right, test.p),
    }


def _chance(groups: Sequence[str]) -> str:
    """McNemar counts items; what the bounds rest on is how many groups there are."""
    many = len(set(groups))
    return ", which may be chance" + (f" since all items are of {many} groups" if many < len(groups) else "")


def _message(
    beaten: bool, chance: str, losses: dict[str, NDArray[np.float64]], right: dict[str, NDArray[np.bool_]], p: float
) -> str:
    """Both sides in one sentence."""
    verb = "the network beats the floor" if beaten else "the network does not beat the floor"
    mean = {side: f"{values.mean():.3f}" for side, values in losses.items()}
    share = {side: f"{values.mean():.3f}" for side, values in right.items()}
    return (
        f"{verb}{chance}: log loss {mean['network']} against {mean['floor']}, accuracy {share['network']} against "
        f"{share['floor']} on {len(right['floor'])} validation items (McNemar mid-p {p:.3g})"
    )


@torch.inference_mode()
def network_probabilities(deciding: Deciding, data: Dataset, task: Task) -> NDArray[np.float64]:
    """The network's calibrated answer to a task of the whole part, shape (items, classes)."""
    place, found = deciding.output_names().index(task.name), []
    for batch in in_order(data, BATCH):
        presence = batch.presence(deciding.network.streams)
        answers = deciding.decide(deciding.network.encode(batch), presence)
        found.append(answers[place].double().numpy())
    return np.concatenate(found)
