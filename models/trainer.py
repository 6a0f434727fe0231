"""The loop of the six stages."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.adjustment import LEARNING_RATE, Paths, RunningAverage
from models.batch_statistics import BatchStatistics
from models.budget import Budget
from models.checkpoint import Checkpoints, NoCheckpoints
from models.continual.warm_start import rebuilt
from models.course import Course
from models.cumulative import CumulativeLoss
from models.discrepancy import as_drawn, pairs_of
from models.exchange import Exchange, exchange_here
from models.history import Epoch, Outcome, Tally
from models.hypergradient import OneStep
from models.injection import Batch, Dataset, InputSpec, collate, spaced
from models.network import MultimodalNetwork
from models.profile import stage
from models.recurrence import SteadyState
from models.sampling import Sampler
from models.settings import Settings
from models.tasks import Task
from models.terms import Term
from models.validation import clearly_better, validation_losses
from models.weighting import weighting_named

FITTED = 2000
"""About so many windows of a stream, evenly spaced, set its scale."""
FEW_ITEMS = 1000
"""With fewer training items the learning rate falls in proportion, unless plain numbers are all that is learnt from; with less
than a third of them dropout is larger."""
DROPOUT, DROPOUT_FEW = 0.1, 0.3
MOST_TUNED = 64
"""About so many validation items, evenly spaced, are the fold that `self_tuning` looks at."""
MOST_ASKED = 32
"""So many items of the last batch at most say how a step would go; the mean over many looks makes up for few items."""
COOL_DOWN = 0.15
"""Share of the plan in which the learning rate is brought to zero once a steady state is found."""


@contextmanager
def single_views(network: MultimodalNetwork) -> Iterator[None]:
    """Without the mean over flips, which costs four passes where one tells the slope as well."""
    encoders = list(network.encoders.values())
    for encoder in encoders:
        encoder.averages = False  # type: ignore[assignment]
    try:
        yield
    finally:
        for encoder in encoders:
            encoder.averages = True  # type: ignore[assignment]


def planned_epochs(items: int) -> int:
    """Default number of epochs: about 300 000 draws, within 16 and 60 epochs."""
    return min(60, max(16, 300_000 // items))


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
        *,
        start: Mapping[str, Tensor] | None = None,
        terms: Sequence[Term] = (),
        exchange: Exchange | None = None,
        chosen: bool = False,
    ) -> None:
        """Build everything that a training needs.

        Args:
            inputs: The streams.
            tasks: What is asked of them.
            train: Items that the parameters are adjusted to.
            val: Items that the end is judged by.
            settings: How it runs.
            clock: Seconds, for the budget.
            start: State of a network of the same streams and tasks to go on from; None: a new one.
            terms: Further terms of the total.
            exchange: Joins several processes; None: those that torch.distributed was started with.
            chosen: Whether the training items were chosen by class, so that their frequencies are not those of `tasks`.

        Raises:
            ValueError: a name in `settings` that nothing has, a window that no encoder takes, or a state of another
                network.
        """
        torch.manual_seed(settings.seed)
        self.settings, self.train, self.val, self.clock = settings, train, val, clock
        self.exchange = exchange or exchange_here()
        self.network = self._network(inputs, tasks, start)
        self.pairs = as_drawn(pairs_of(self.network), train.targets if chosen else {})
        self.weighting = weighting_named(settings.weighting, {p.output: p.weight for p in self.pairs})
        self.loss = CumulativeLoss(self.network, self.pairs, self.weighting, terms, self.exchange)
        size = settings.batch or (64 if len(train) >= 2000 else 32)
        self.sampler = Sampler(train, tasks, min(size, len(train)), settings.seed)
        self.wanted = settings.epochs or planned_epochs(len(train))
        self.paths = Paths(self.network.paths(), settings.paths, self._rate())
        self.average = RunningAverage(self.network, settings.average * self.wanted * self.sampler.steps())
        self.course = Course(planned=self.wanted, steady=self._steady())
        self.budget: Budget | None = None
        self.exchange.join(self.network)
        self.statistics = BatchStatistics(self.network)

    def _rate(self) -> float:
        """Learning rate where none is chosen."""
        if all(encoder.shallow for encoder in self.network.encoders.values()):
            return LEARNING_RATE
        # Few items are soon known by heart; small steps keep the network near the simple answers that it finds first.
        return LEARNING_RATE * min(1.0, max(0.1, len(self.train) / FEW_ITEMS))

    def _steady(self) -> SteadyState:
        chosen = self.settings
        patience = chosen.patience or max(8, self.wanted // 2)
        return SteadyState(patience=patience, window=chosen.window, threshold=chosen.threshold)

    @property
    def progress(self) -> float:
        """Share of the schedule that is done, 0 to 1."""
        return self.course.progress

    def run(self, report: Callable[[Epoch], None] = lambda _: None, checkpoints: Checkpoints | None = None) -> Outcome:
        """Train, from the beginning or from where `load_state` put it.

        Args:
            report: Called after every epoch.
            checkpoints: Where to write everything from time to time; None: nowhere.
        """
        if self.exchange.several:
            # Only the first process writes checkpoints: where it goes on, all do.
            state = self.exchange.agree(self.state())
            if not self.exchange.first:
                self.load_state(state)
        course, keeper = self.course, checkpoints or NoCheckpoints()
        budget = self.budget = Budget(self.settings.budget_s, self.clock, self.settings.energy_wh)
        budget.before_s, budget.before_wh = course.elapsed_s, course.used_wh
        while course.reason is None:
            train, weights = self._epoch(keeper)
            with stage("recurrence"):
                losses = validation_losses(self.average.network, self.pairs, self.val)
            val = {output: float(values.mean()) for output, values in losses.items()}
            self.weighting.end_epoch({p.output: train[p.output] for p in self.pairs if p.output in train}, val)
            course.elapsed_s = self.exchange.agree(budget.look())
            course.used_wh = budget.used_wh
            course.epochs.append(self._row(train, weights, val))
            report(course.epochs[-1])
            course.steady.train.append(self.cumulative(train))
            if val and self.settings.judged:
                course.steady.val.append(self.cumulative(val))
                if self.cumulative(val) < course.best:
                    course.keep(self.cumulative(val), self.average.state(), losses)
            course.ending = course.ending or course.steady.reason()
            course.reason = self._replan(budget, course.ending)
        return self._outcome(losses)

    def _outcome(self, losses: dict[str, Tensor]) -> Outcome:
        """The last epoch, unless an earlier one was clearly better."""
        course, network, number = self.course, self.average.network, len(self.course.epochs)
        if course.lowest and clearly_better(course.lowest, losses, {p.output: p.weight for p in self.pairs}):
            network.load_state_dict(course.kept)
            number = course.number
        return Outcome(
            network=network,
            epochs=tuple(course.epochs),
            best=number,
            reason=course.reason or "",
            skipped=self.paths.skipped,
            notes=tuple(self.weighting.notes),
        )

    def cumulative(self, losses: dict[str, float]) -> float:
        """The cumulative loss: weighted sum of the pairs' normalized losses by priority."""
        return sum(p.weight * losses[p.output] for p in self.pairs if p.output in losses)

    def _network(
        self, inputs: Sequence[InputSpec], tasks: Sequence[Task], start: Mapping[str, Tensor] | None
    ) -> MultimodalNetwork:
        """A new network whose scales fit the training items, or the one that `start` is the state of."""
        dropout = DROPOUT_FEW if len(self.train) < FEW_ITEMS / 3 else DROPOUT
        if start is not None:
            # With its own scales, and in the shape that it has: grown by streams, or without what few windows left out.
            return rebuilt(start, inputs, tasks, dropout)
        network = MultimodalNetwork(inputs, tasks, dropout)
        self._fit_scales(network)
        return network

    def _fit_scales(self, network: MultimodalNetwork) -> None:
        for name, encoder in network.encoders.items():
            with torch.no_grad():
                windows = self.train.windows[name]
                some = windows[:: 1 + len(windows) // FITTED]
                encoder.fit(torch.from_numpy(some.astype(np.float32)))  # type: ignore[operator]

    def _row(self, train: dict[str, float], weights: dict[str, float], val: dict[str, float]) -> Epoch:
        """What the report is told about the epoch that has ended."""
        pairs = {p.output for p in self.pairs}
        return Epoch(
            number=len(self.course.epochs) + 1,
            planned=self.course.planned,
            train={o: v for o, v in train.items() if o in pairs},
            weights={o: v for o, v in weights.items() if o in pairs},
            val=val,
            elapsed_s=self.course.elapsed_s,
            shown={p.output: p.shown(train[p.output]) for p in self.pairs if p.output in train},
            shown_val={p.output: p.shown(val[p.output], validation=True) for p in self.pairs if p.output in val},
            shares=dict(self.loss.shares),
            cosines=dict(self.loss.cosines),
            rates=dict(self.paths.rates),
            extra={o: v for o, v in train.items() if o not in pairs},
        )

    def _replan(self, budget: Budget, steady: str | None) -> str | None:
        """Say what ended the training after the last planned epoch; plan fewer where the budget or a steady state asks for it.

        A steady state at a high learning rate is not the end: the schedule is brought down in a few epochs first.
        """
        course = self.course
        left, limit = self.exchange.agree(budget.room(course.finished))
        course.planned, reason = self.wanted, "end of the schedule"
        if course.finished + left < self.wanted:
            course.planned, reason = course.finished + left, limit
        if steady and course.cooled is None:
            course.cooled = course.finished + math.ceil(COOL_DOWN * self.wanted)
        if steady and course.cooled is not None and course.cooled < course.planned:
            course.planned, reason = course.cooled, steady
        return f"{reason}; {course.finished} epochs" if course.finished >= course.planned else None

    def _epoch(self, keeper: Checkpoints) -> tuple[dict[str, float], dict[str, float]]:
        """Every batch once; mean normalized loss and mean weight of each pair."""
        self.network.train()
        course, steps = self.course, self.sampler.steps()
        if self.sampler.position == 0:
            course.tallies, course.start = {}, course.progress
        gathered: list[Batch] = []
        for batch in self.sampler.epoch():
            gathered.append(batch)
            number = self.sampler.position
            if len(gathered) < self.settings.accumulation and number < steps:
                continue
            course.add(self.step(gathered))
            gathered = []
            # An epoch is its share of what is left of the schedule, also after the plan was cut.
            course.progress = course.start + (1.0 - course.start) / (course.planned - course.finished) * number / steps
            keeper.save_when_due(self)
        course.finished += 1
        train = {output: tally.mean for output, tally in course.tallies.items()}
        return train, {output: tally.weight / tally.steps for output, tally in course.tallies.items()}

    def step(self, batches: Sequence[Batch]) -> dict[str, Tally]:
        """One adjustment from one or more batches, as if they were one; one that is not finite leaves no trace but its count."""
        self.statistics.keep()
        masks = [self._dropped(b) for b in batches]
        self.paths.zero()
        last = self.sampler.position == self.sampler.steps()
        with stage("augmentation"):
            changed = [self._augmented(b) for b in batches]
        tallies = self.loss.gradient(changed, masks, look=last)
        if self.paths.step(self.course.progress, sound=self.statistics.finite()):
            with stage("averaging"):
                self.average.update()
        else:
            self.statistics.restore()
        self.course.steps += 1
        if self.weighting.needs_after:
            before = {o: t.mean for o, t in tallies.items() if o in self.loss.latest}
            self.weighting.after_step(before, self.loss.again())
        if self.weighting.tune_every and self.course.steps % self.weighting.tune_every == 0:
            with stage("self-tuning"), single_views(self.network):
                self.weighting.tune(self._outlook(changed[0]))
        return tallies

    def _outlook(self, batch: Batch) -> OneStep:
        """What the weights of a step like the last one do to the losses on the validation fold."""
        fold = collate(self.val, spaced(len(self.val), MOST_TUNED))
        some_of_it = batch.part(slice(0, MOST_ASKED))

        def validation() -> Tensor:
            losses = self.loss.means(fold)
            found = [p.weight * losses[p.output] for p in self.pairs if p.output in losses]
            return torch.stack(found).sum() if found else torch.zeros(())

        return OneStep(
            network=self.network,
            paths=self.paths.parameters,
            rates=self.paths.rates,
            losses=lambda: self.loss.means(some_of_it),
            validation=validation,
        )

    def _dropped(self, batch: Batch) -> Tensor:
        """The presence mask with some streams of multi-stream items taken away, never the last one."""
        mask = batch.presence(self.network.streams)
        kept = mask & (torch.rand(mask.shape) >= self.settings.drop_stream)
        return torch.where(kept.any(dim=1, keepdim=True), kept, mask)

    def _augmented(self, batch: Batch) -> Batch:
        windows = {n: self.network.encoders[n].augment(w) for n, w in batch.windows.items()}  # type: ignore[operator]
        return replace(batch, windows=windows)

    def state(self) -> dict[str, Any]:
        """Everything that the rest of the training depends on: of plain values and tensors."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "averaged_steps": self.average.steps,
            "paths": self.paths.state(),
            "weighting": self.weighting.state,
            "latest": dict(self.loss.latest),
            "sampler": self.sampler.state(),
            "generator": torch.get_rng_state(),
            "course": self.course.state(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`, in a trainer that was built from the same items and settings."""
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.average.steps = state["averaged_steps"]
        self.paths.load_state(state["paths"])
        self.weighting.load_state(state["weighting"])
        self.loss.latest = dict(state["latest"])
        self.sampler.load_state(state["sampler"])
        self.course.load_state(state["course"])
        torch.set_rng_state(state["generator"])
