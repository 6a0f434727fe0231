"""A network's answers to the items of a data set when the windows of one stream are replaced."""

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.contribution import answered
from models.deciding import Deciding
from models.injection import Dataset, collate
from models.robustness.projected_gradient import projected_gradient
from models.robustness.spread import Spread
from models.scorers import class_task, network_scorer

BATCH = 64


class Answers:
    """Features of the clean items are computed once; only the stream that changes is encoded again."""

    def __init__(self, deciding: Deciding, task: str, data: Dataset, items: NDArray[np.int64]) -> None:
        """Encode the items.

        Args:
            deciding: In evaluation mode.
            task: A task of classes.
            data: Where the items are from.
            items: Indices, shape (items,), those that will be asked about.
        """
        self.data = data
        self._deciding, self._task = deciding, class_task(deciding, task)
        self._scores = network_scorer(deciding, task)
        self._streams = deciding.network.streams
        self._place = {int(item): place for place, item in enumerate(items)}
        self._presence = data.presence()[items]
        self._features = self._encoded(items)

    def clean(self, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probabilities of items as they are, shape (items, classes)."""
        return self._answered(self._of(items), self._presence[self._rows(items)])

    def without(self, stream: str, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probabilities when the stream is absent."""
        presence = self._presence[self._rows(items)].copy()
        presence[:, self._streams.index(stream)] = False
        return self._answered(self._of(items), presence)

    def instead(self, stream: str, windows: NDArray[np.float32], items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probabilities when the items' windows of the stream are these; every item has the stream."""
        encoder = self._deciding.network.encoders[stream]
        with torch.inference_mode():
            rows = [encoder(torch.from_numpy(windows[n : n + BATCH])) for n in range(0, len(windows), BATCH)]
        features = self._of(items) | {stream: torch.cat(rows).numpy()}
        return self._answered(features, self._presence[self._rows(items)])

    def attacked(
        self, stream: str, spread: Spread, radius: float, items: NDArray[np.int64], *, steps: int, seed: int
    ) -> NDArray[np.float32]:
        """Windows of the stream within `radius` standard deviations that mislead the answer most, see `projected_gradient`."""
        box = torch.from_numpy(radius * spread.deviation)
        random = torch.Generator().manual_seed(seed)
        found = []
        for start in range(0, len(items), BATCH):
            some = items[start : start + BATCH]
            windows = collate(self.data, some).windows[stream]
            losses = partial(self.losses, stream, items=some)
            attacked = projected_gradient(losses, windows, box, steps=steps, random=random, rails=spread.rails)
            found.append(attacked.numpy())
        return np.concatenate(found)

    def losses(self, stream: str, windows: Tensor, items: NDArray[np.int64]) -> Tensor:
        """Cross-entropy of the averaged answer with these windows of the stream, shape (items,); differentiable."""
        features = {name: torch.from_numpy(rows) for name, rows in self._of(items).items()}
        features[stream] = self._deciding.network.encoders[stream](windows)
        presence = torch.from_numpy(self._presence[self._rows(items)])
        network = self._deciding.network
        answers = network.answer(network.advance(list(features.values()), presence))
        logits = self._deciding.combined(self._task, answers, presence)[self._task.name]
        targets = torch.from_numpy(self.data.targets[self._task.name][items]).long()
        # The logits and not the probabilities: where those are exactly 1, no gradient is left.
        return torch.nn.functional.cross_entropy(logits, targets, reduction="none")

    def _rows(self, items: NDArray[np.int64]) -> list[int]:
        return [self._place[int(item)] for item in items]

    def _of(self, items: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        rows = self._rows(items)
        return {name: table[rows] for name, table in self._features.items()}

    def _answered(self, features: dict[str, NDArray[np.float32]], presence: NDArray[np.bool_]) -> NDArray[np.float64]:
        return answered(self._scores, features, presence, np.array(self._task.frequencies), batch=1024)

    @torch.inference_mode()
    def _encoded(self, items: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        network = self._deciding.network
        batches = [network.encode(collate(self.data, items[n : n + BATCH])) for n in range(0, len(items), BATCH)]
        rows = zip(self._streams, zip(*batches, strict=True), strict=True)
        return {name: torch.cat(parts).numpy() for name, parts in rows}
