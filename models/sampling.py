"""Which items a step sees: every item in turn, parts with several streams more often, and streams exchanged between like parts."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.injection import ABSENT, Batch, Dataset, collate
from models.profile import stage
from models.tasks import Task

RICH_SHARE = 0.25
"""Least share of the draws that goes to items with several streams, where single-stream items outnumber them."""
EXCHANGE = 0.5
"""Chance that a window of a multi-stream item is replaced by another of the same per-stream class."""


def exchangeable(data: Dataset, tasks: Sequence[Task]) -> dict[str, NDArray[np.int64]]:
    """Per-stream class of each item, for the streams whose windows may be exchanged between items of one class.

    Allowed only where it cannot change what the part is: every part-level target of the training items is a function
    of the per-stream classes, and the stream has no severity of its own.

    Returns:
        By stream, shape (items,): class index, ABSENT where unknown; empty where exchange is not allowed.
    """
    own = {t.stream: t for t in tasks if t.stream and t.classes and t.name.startswith("label.")}
    graded = {t.stream for t in tasks if t.stream and t.name.startswith("severity.")}
    if len(data.rows) < 2 or set(own) != set(data.rows) or graded:
        return {}
    codes = {s: np.nan_to_num(data.targets[own[s].name], nan=ABSENT).astype(np.int64) for s in data.rows}
    table = np.stack(list(codes.values()), axis=1)
    for task in (t for t in tasks if t.stream is None):
        target = data.targets[task.name]
        if not _function_of(table, target):
            return {}
    return codes


def _function_of(table: NDArray[np.int64], target: NDArray[np.float32]) -> bool:
    known = ~np.isnan(target) & (table != ABSENT).all(axis=1)
    if not known.any():
        return False
    seen: dict[tuple[int, ...], float] = {}
    return all(
        seen.setdefault(tuple(row), value) == value
        for row, value in zip(table[known].tolist(), target[known].tolist(), strict=True)
    )


class Sampler:
    """Batches of one epoch after another, from one generator."""

    def __init__(self, data: Dataset, tasks: Sequence[Task], batch: int, seed: int) -> None:
        self.data, self.batch = data, batch
        self.random = np.random.default_rng(seed)
        self.order: NDArray[np.int64] = np.zeros(0, np.int64)
        self.position = 0
        counts = data.presence().sum(axis=1)
        self.rich, self.plain = np.flatnonzero(counts > 1), np.flatnonzero(counts == 1)
        self.codes = exchangeable(data, tasks)
        self.pools = {
            stream: {int(c): np.flatnonzero((codes == c) & (data.rows[stream] != ABSENT)) for c in np.unique(codes)}
            for stream, codes in self.codes.items()
        }

    def steps(self) -> int:
        """Batches of one epoch."""
        return max(1, len(self.data) // self.batch)

    def epoch(self) -> Iterator[Batch]:
        """Every batch of one epoch; the few items that do not fill the last batch wait for the next epoch's shuffle.

        After `load_state` it goes on where the state was taken.
        """
        if self.position == 0:
            self.order = self._order()
        size = min(self.batch, len(self.order))
        while self.position < self.steps():
            items = self.order[self.position * size : (self.position + 1) * size]
            self.position += 1
            with stage("injection"):
                batch = collate(self.data, items, self._rows(items))
            yield batch
        self.position = 0

    def state(self) -> dict[str, Any]:
        """Everything that the next batch depends on."""
        generator = json.dumps(self.random.bit_generator.state)
        return {"generator": generator, "order": torch.from_numpy(self.order.copy()), "position": self.position}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.random.bit_generator.state = json.loads(state["generator"])
        self.order, self.position = state["order"].numpy(), state["position"]

    def _order(self) -> NDArray[np.int64]:
        total = len(self.data)
        wanted = max(len(self.rich), int(total * RICH_SHARE)) if len(self.rich) else 0
        rich = np.concatenate(
            [self.random.permutation(self.rich) for _ in range(-(-wanted // max(1, len(self.rich))))] or [self.rich]
        )
        plain = self.random.permutation(self.plain)[: total - wanted]
        return self.random.permutation(np.concatenate([rich[:wanted], plain]))

    def _rows(self, items: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        rows = {stream: table[items] for stream, table in self.data.rows.items()}
        several = np.sum([r != ABSENT for r in rows.values()], axis=0) > 1
        for stream, pool in self.pools.items():
            codes = self.codes[stream][items]
            chosen = (
                several & (rows[stream] != ABSENT) & (codes != ABSENT) & (self.random.random(len(items)) < EXCHANGE)
            )
            for place in np.flatnonzero(chosen):
                rows[stream][place] = self.data.rows[stream][self.random.choice(pool[int(codes[place])])]
        return rows
