"""The loop of the six stages."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from models.adjustment import LEARNING_RATE, Paths, PathSettings, RunningAverage
from models.discrepancy import eligible, pair_losses, pairs_of
from models.injection import Batch, Dataset, InputSpec
from models.network import MultimodalNetwork
from models.recurrence import SteadyState
from models.sampling import Sampler
from models.tasks import Task
from models.validation import clearly_better, validation_losses
from models.weighting import weighting_named
from models.weighting.base import Measured

DROP_STREAM = 0.15
"""Modality dropout: chance that a stream of a multi-stream item is taken away for one step."""
FITTED = 2000
"""About so many windows of a stream, evenly spaced, set its scale."""
FEW_ITEMS = 1000
"""With fewer training items the learning rate falls in proportion; with less than a third of them dropout is larger."""
DROPOUT, DROPOUT_FEW = 0.1, 0.3
COOL_DOWN = 0.15
"""Share of the plan in which the learning rate is brought to zero once a steady state is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a training runs."""

    seed: int = 0
    """Seeds initialisation, order, augmentation and dropout."""
    epochs: int | None = None
    """Passes over the items; None: chosen from their number."""
    budget_s: float = 600.0
    """Wall-clock limit in seconds; fewer epochs are planned where it would not do."""
    batch: int | None = None
    """Items of one forward pass; None: 64, or 32 for fewer than 2000 items."""
    accumulation: int = 1
    """Batches whose gradients make one step."""
    weighting: str = "fixed"
    """File name in models/weighting."""
    paths: dict[str, PathSettings] = field(default_factory=dict)
    """By path (a stream's name or "shared"); defaults where not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What one epoch came to."""

    number: int
    """From 1."""
    planned: int
    """Epochs that are planned now."""
    train: dict[str, float]
    """Mean normalized training loss of each input-output pair."""
    weights: dict[str, float]
    """Mean weight of each pair."""
    val: dict[str, float]
    """Mean normalized validation loss of each pair that validation items have."""
    elapsed_s: float
    """Since training began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished training."""

    network: MultimodalNetwork
    """The running average of the epoch that was kept, in evaluation mode."""
    epochs: tuple[Epoch, ...]
    """All epochs in order."""
    best: int
    """Number of the epoch that was kept: the last, unless an earlier one was clearly better on validation items."""
    reason: str
    """What ended it."""
    skipped: int
    """Steps left out because a gradient was not finite."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over steps, so that a mean is always over items."""

    total: float = 0.0
    """Summed loss."""
    items: int = 0
    """Items in the sum."""
    weight: float = 0.0
    """Summed weight of the steps."""
    steps: int = 0
    """Steps in that sum."""

    @property
    def mean(self) -> float:
        """Loss of an item."""
        return self.total / max(1, self.items)

    def plus(self, other: "Tally") -> "Tally":
        """Field by field."""
        return Tally(
            self.total + other.total, self.items + other.items, self.weight + other.weight, self.steps + other.steps
        )


def planned_epochs(items: int) -> int:
    """Default number of epochs: about 200 000 draws, within 16 and 60 epochs."""
    return min(60, max(16, 200_000 // items))


class Trainer:
    """Trains one network; `run` goes round the six stages until a steady state or the end of the budget."""

    def __init__(
        self,
        inputs: Sequence[InputSpec],
        tasks: Sequence[Task],
        train: Dataset,
        val: Dataset,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.val, self.clock = settings, val, clock
        self.network = MultimodalNetwork(inputs, tasks, DROPOUT_FEW if len(train) < FEW_ITEMS / 3 else DROPOUT)
        for name, encoder in self.network.encoders.items():
            with torch.no_grad():
                some = train.windows[name][:: 1 + len(train.windows[name]) // FITTED]
                encoder.fit(torch.from_numpy(some.astype(np.float32)))  # type: ignore[operator]
        self.pairs = pairs_of(self.network)
        self.weighting = weighting_named(settings.weighting, {p.output: p.weight for p in self.pairs})
        size = settings.batch or (64 if len(train) >= 2000 else 32)
        self.sampler = Sampler(train, tasks, min(size, len(train)), settings.seed)
        self.wanted = self.planned = settings.epochs or planned_epochs(len(train))
        self.cooled: int | None = None
        # Few items are soon known by heart; small steps keep the network near the simple answers that it finds first.
        rate = LEARNING_RATE * min(1.0, max(0.1, len(train) / FEW_ITEMS))
        self.paths = Paths(self.network.paths(), settings.paths, rate)
        self.average = RunningAverage(self.network, 0.03 * self.planned * self.sampler.steps())
        self.latest: dict[str, float] = {}
        self.progress, self.finished = 0.0, 0

    def run(self, report: Callable[[Epoch], None] = lambda _: None) -> Outcome:
        """Train.

        Args:
            report: Called after every epoch.
        """
        started = self.clock()
        steady = SteadyState(patience=max(8, self.planned // 2))
        epochs: list[Epoch] = []
        best, number, kept, lowest = math.inf, 1, self.average.state(), dict[str, Tensor]()
        ending: str | None = None
        reason: str | None = None
        while reason is None:
            train, weights = self._epoch()
            losses = validation_losses(self.average.network, self.pairs, self.val)
            val = {output: float(values.mean()) for output, values in losses.items()}
            self.weighting.end_epoch(train, val)
            elapsed = self.clock() - started
            epochs.append(
                Epoch(
                    number=len(epochs) + 1,
                    planned=self.planned,
                    train=train,
                    weights=weights,
                    val=val,
                    elapsed_s=elapsed,
                )
            )
            report(epochs[-1])
            steady.train.append(self.cumulative(train))
            if val:
                steady.val.append(self.cumulative(val))
            if val and self.cumulative(val) < best:
                best, number, kept, lowest = self.cumulative(val), len(epochs), self.average.state(), losses
            ending = ending or steady.reason()
            reason = self._replan(elapsed, ending)
        network = self.average.network
        if lowest and clearly_better(lowest, losses, {p.output: p.weight for p in self.pairs}):
            network.load_state_dict(kept)
        else:
            number = len(epochs)
        return Outcome(network=network, epochs=tuple(epochs), best=number, reason=reason, skipped=self.paths.skipped)

    def cumulative(self, losses: dict[str, float]) -> float:
        """The cumulative loss: weighted sum of the pairs' normalized losses by priority."""
        return sum(p.weight * losses[p.output] for p in self.pairs if p.output in losses)

    def _replan(self, elapsed_s: float, steady: str | None) -> str | None:
        """Say what ended the training after the last planned epoch; plan fewer where the budget or a steady state asks for it.

        A steady state at a high learning rate is not the end: the schedule is brought down in a few epochs first.
        """
        # The mean of all epochs: a moment in which the box was busy must not cut the plan for good.
        each = max(elapsed_s / self.finished, 1e-9)
        room = self.finished + max(0, int((self.settings.budget_s - elapsed_s) / each))
        self.planned, reason = self.wanted, "end of the schedule"
        if room < self.wanted:
            self.planned, reason = room, f"budget of {self.settings.budget_s:g} s"
        if steady and self.cooled is None:
            self.cooled = self.finished + math.ceil(COOL_DOWN * self.wanted)
        if steady and self.cooled is not None and self.cooled < self.planned:
            self.planned, reason = self.cooled, steady
        return f"{reason}; {self.finished} epochs" if self.finished >= self.planned else None

    def _epoch(self) -> tuple[dict[str, float], dict[str, float]]:
        """Every batch once; mean normalized loss and mean weight of each pair."""
        self.network.train()
        totals: dict[str, Tally] = {}
        gathered: list[Batch] = []
        steps, start = self.sampler.steps(), self.progress
        for number, batch in enumerate(self.sampler.epoch(), start=1):
            gathered.append(batch)
            if len(gathered) < self.settings.accumulation and number < steps:
                continue
            for output, tally in self.step(gathered).items():
                totals[output] = totals.get(output, Tally()).plus(tally)
            gathered = []
            # An epoch is its share of what is left of the schedule, also after the plan was cut.
            self.progress = start + (1.0 - start) / (self.planned - self.finished) * number / steps
        self.finished += 1
        train = {output: tally.mean for output, tally in totals.items()}
        return train, {output: tally.weight / tally.steps for output, tally in totals.items()}

    def step(self, batches: Sequence[Batch]) -> dict[str, "Tally"]:
        """One adjustment from one or more batches, as if they were one.

        The items of each pair are counted over all batches before the first gradient, so that every item weighs the
        same however the batches are cut.
        """
        masks = [self._dropped(b) for b in batches]
        counts = {
            p.output: sum(int(eligible(p, b.targets, m).sum()) for b, m in zip(batches, masks, strict=True))
            for p in self.pairs
        }
        # Of the step before: those of this one are whole only after its last batch. At first nothing has skill.
        weights = self.weighting.weights(
            Measured(losses={o: self.latest.get(o, 1.0) for o, count in counts.items() if count})
        )
        self.paths.zero()
        tallies: dict[str, Tally] = {}
        for batch, mask in zip(batches, masks, strict=True):
            sums = self._sums(self._augmented(batch), mask)
            if sums:
                torch.stack([weights[o] / counts[o] * v for o, v in sums.items()]).sum().backward()  # type: ignore[no-untyped-call]
            for output, value in sums.items():
                tallies[output] = tallies.get(output, Tally()).plus(Tally(total=float(value.detach())))
        for output in tallies:
            tallies[output] = tallies[output].plus(Tally(items=counts[output], weight=weights[output], steps=1))
        self.latest |= {output: tally.mean for output, tally in tallies.items() if math.isfinite(tally.total)}
        if self.paths.step(self.progress):
            self.average.update()
        return tallies

    def _sums(self, batch: Batch, mask: Tensor) -> dict[str, Tensor]:
        """Stages 2 and 3: the sum of the normalized losses of each pair that the batch has."""
        answers = self.network.answer(self.network.advance(self.network.encode(batch), mask))
        sums = {}
        for pair in self.pairs:
            here = eligible(pair, batch.targets, mask)
            if here.any():
                sums[pair.output] = pair_losses(
                    pair, answers[pair.output][here], batch.targets[pair.task.name][here]
                ).sum()
        return sums

    def _dropped(self, batch: Batch) -> Tensor:
        """The presence mask with some streams of multi-stream items taken away, never the last one."""
        mask = batch.presence(self.network.streams)
        kept = mask & (torch.rand(mask.shape) >= DROP_STREAM)
        return torch.where(kept.any(dim=1, keepdim=True), kept, mask)

    def _augmented(self, batch: Batch) -> Batch:
        windows = {n: self.network.encoders[n].augment(w) for n, w in batch.windows.items()}  # type: ignore[operator]
        return replace(batch, windows=windows)
