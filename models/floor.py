"""The classical floor: what simple features and a linear rule make of the same items, in seconds.

A network that does not beat it has learnt nothing that is worth its weight.
"""

from collections.abc import Collection, Iterable
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.calibration import best_temperature
from models.discriminant import Discriminant
from models.injection import ABSENT, Dataset, InputSpec
from models.simple_features import simple_features
from models.tasks import Task

MOST_SETS = 64
"""Sets of streams of one size that are looked at for a temperature."""
LEAST_PROBABILITY = 1e-6
"""Of a class in one stream's opinion; a single stream that is wrong and sure must not silence the others."""


class Floor:
    """Shrinkage LDA of every stream alone, fused late: the mean of the log posteriors of the streams that are there.

    That is a logarithmic opinion pool with equal weights (Genest and Zidek 1986, Statistical Science 1(1)), the product of
    the posteriors to the power of 1 / streams, normalized. Missing streams are left out of the mean, and a temperature
    for each number of streams puts right how sure the mean is; both are our own.
    """

    def __init__(self, inputs: Iterable[InputSpec], task: Task, train: Dataset) -> None:
        """Fit every stream that a labelled training item has.

        Args:
            inputs: The streams.
            task: A class task of the whole part.
            train: Training items.

        Raises:
            ValueError: The task has no classes.
        """
        if not task.classes:
            raise ValueError(f"task {task.name!r} asks for a value; the floor answers tasks with classes")
        self.task = task
        self.priors = np.array(task.frequencies, np.float64)
        self.rules: dict[str, tuple[InputSpec, Discriminant]] = {}
        self.temperatures: dict[str, float] = {}
        """By stream, of its opinion; by number of streams, as text, of their mean."""
        for spec in inputs:
            if (rule := self._rule(spec, train)) is not None:
                self.rules[spec.name] = (spec, rule)

    def _rule(self, spec: InputSpec, train: Dataset) -> Discriminant | None:
        """What one stream's windows say; None where no labelled item counts."""
        rows, targets = train.rows[spec.name], train.targets[self.task.name]
        weights = train.weights.get("", np.ones(len(train))) * train.weights.get(spec.name, np.ones(len(train)))
        here = (rows != ABSENT) & ~np.isnan(targets) & (weights > 0)
        if not here.any():
            return None
        features = simple_features(spec, train.windows[spec.name][rows[here]])
        return Discriminant.fit(features, targets[here].astype(np.int64), self.priors, weights[here])

    def opinions(self, data: Dataset) -> dict[str, NDArray[np.float64]]:
        """Log posterior of every stream, shape (items, classes), NaN where an item lacks the stream."""
        found = {}
        for name, (spec, rule) in self.rules.items():
            rows = data.rows[name]
            here = rows != ABSENT
            found[name] = np.full((len(rows), len(self.priors)), np.nan)
            if here.any():
                answer = rule.log_posterior(simple_features(spec, data.windows[name][rows[here]]))
                found[name][here] = np.maximum(answer, np.log(LEAST_PROBABILITY))
        return found

    def calibrate(self, val: Dataset) -> None:
        """Set a temperature for each stream and then for each number of streams, from validation items.

        The network's heads get theirs from the same items, so that neither side is ahead.
        """
        opinions, targets = self.opinions(val), val.targets[self.task.name]
        self.temperatures = {name: _temperature([(answer, targets)]) for name, answer in opinions.items()}
        for count in range(2, len(self.rules) + 1):
            sets = list(combinations(self.rules, count))[:MOST_SETS]
            told = [self._whole(opinions, chosen) for chosen in sets]
            self.temperatures[str(count)] = _temperature([(answer, targets) for answer in told])

    def _whole(self, opinions: dict[str, NDArray[np.float64]], streams: Collection[str]) -> NDArray[np.float64]:
        """Mean log posterior of some streams, NaN for items that lack one of them."""
        mean, counts = self._fused(opinions, streams)
        return np.where((counts == len(streams))[:, None], mean, np.nan)

    def predict_proba(
        self,
        data: Dataset,
        streams: Collection[str] | None = None,
        opinions: dict[str, NDArray[np.float64]] | None = None,
    ) -> NDArray[np.float64]:
        """Probability of every class.

        Args:
            data: The items.
            streams: Streams that may take part; None: all.
            opinions: What `opinions` gave for these items, so that several sets of streams cost its work once.

        Returns:
            Shape (items, classes), float64; the training frequencies where none of the streams is there.
        """
        logits, counts = self._fused(self.opinions(data) if opinions is None else opinions, streams)
        logits = logits / np.array([self.temperatures.get(str(count), 1.0) for count in counts])[:, None]
        return np.exp(_normalized(logits))

    def _fused(
        self, opinions: dict[str, NDArray[np.float64]], streams: Collection[str] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Mean log posterior of the streams that are there, shape (items, classes), and how many these are."""
        chosen = [
            _normalized(answer / self.temperatures.get(name, 1.0))
            for name, answer in opinions.items()
            if streams is None or name in streams
        ]
        items = len(next(iter(opinions.values())))
        told = np.stack(chosen) if chosen else np.full((1, items, len(self.priors)), np.nan)
        counts = (~np.isnan(told[..., 0])).sum(axis=0)
        mean = np.nansum(told, axis=0) / np.maximum(counts, 1)[:, None]
        return np.where(counts[:, None] > 0, mean, np.log(np.maximum(self.priors, LEAST_PROBABILITY))), counts

    def summary(self) -> dict[str, Any]:
        """What it is made of, as JSON takes it: items, features and shrinkage by stream, temperatures."""
        streams = {
            name: {"items": rule.items, "features": len(rule.mean), "shrinkage": rule.shrinkage}
            for name, (_, rule) in self.rules.items()
        }
        return {
            "task": self.task.name,
            "classes": list(self.task.classes),
            "streams": streams,
            "temperatures": dict(self.temperatures),
        }


def _normalized(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities; rows of NaN stay NaN."""
    raw = logits - logits.max(axis=1, keepdims=True)
    found: NDArray[np.float64] = raw - np.log(np.exp(raw).sum(axis=1, keepdims=True))
    return found


def _temperature(told: Iterable[tuple[NDArray[np.float64], NDArray[np.float32]]]) -> float:
    """The best temperature of answers, shape (items, classes), for the items that have both an answer and a target."""
    logits, targets = (np.concatenate(parts) for parts in zip(*told, strict=True))
    known = ~np.isnan(logits[:, 0]) & ~np.isnan(targets)
    return best_temperature(torch.from_numpy(logits[known].astype(np.float32)), torch.from_numpy(targets[known]))
