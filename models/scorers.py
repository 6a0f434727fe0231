"""A trained network as a function from windows, or from features that were computed once, to probabilities."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.contribution import Contributions, Scorer, contributions
from models.deciding import Deciding
from models.injection import Dataset, in_order
from models.tasks import Task

MAIN = "label"


def class_task(deciding: Deciding, name: str = MAIN) -> Task:
    """A task of classes by its name.

    Raises:
        ValueError: the network has no such task, or it is a value.
    """
    tasks = {task.name: task for task in deciding.network.tasks if task.classes}
    if name not in tasks:
        raise ValueError(f"the network has no task {name!r} of classes; allowed: {', '.join(tasks) or 'none'}")
    return tasks[name]


@torch.inference_mode()
def features_of(deciding: Deciding, data: Dataset) -> dict[str, NDArray[np.float32]]:
    """Features of every item by stream, shape (items, features); zero where the stream is absent."""
    network = deciding.network.eval()
    batches = [network.encode(batch) for batch in in_order(data, 64)]
    return {
        name: torch.cat(rows).numpy() for name, rows in zip(network.streams, zip(*batches, strict=True), strict=True)
    }


def network_scorer(deciding: Deciding, task: str = MAIN) -> Scorer:
    """From features, as of `features_of`, to the calibrated probabilities that the exported graph would give.

    Encoding is what costs; over 2^streams subsets it is done once. A task of one stream is answered by the training
    frequencies where that stream is absent, since nobody would read its head then.
    """
    asked, streams = class_task(deciding, task), deciding.network.streams
    place = deciding.answer_names().index(task)
    column = None if asked.stream is None else streams.index(asked.stream)

    @torch.inference_mode()
    def scores(features: Mapping[str, NDArray[Any]], presence: NDArray[np.bool_]) -> NDArray[np.floating[Any]]:
        rows = [torch.from_numpy(features[name]) for name in streams]
        answer: NDArray[np.floating[Any]] = deciding.decide(rows, torch.from_numpy(presence))[place].numpy()
        return answer if column is None else np.where(presence[:, column, None], answer, np.array(asked.frequencies))

    return scores


def network_contributions(deciding: Deciding, data: Dataset, task: str = MAIN) -> tuple[Contributions, ...]:
    """What each stream contributes to a network's answer to one task, see `contributions`.

    Args:
        deciding: Calibrated; is put into evaluation mode.
        data: Items that it did not learn from.
        task: A task of classes.

    Raises:
        ValueError: no such task, or no item with a known class.
    """
    deciding.eval()
    prior = class_task(deciding, task).frequencies
    features = features_of(deciding, data)
    return contributions(
        network_scorer(deciding, task), features, data.presence(), data.targets[task], prior, batch=1024
    )
