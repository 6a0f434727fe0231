"""Which learning rate suits these parts: one sweep through all of them before training."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.history import Tally
from models.injection import Batch
from models.schedules import SCHEDULES
from models.trainer import Trainer

DIVERGED = 1.5
"""The sweep ends where the loss is so many times what it was at the first rates."""
FEWEST = 5
"""Steps with a finite loss under which nothing can be said."""
BLUR = 0.03
"""Standard deviation of the kernel that smooths the losses, as a share of the steps."""
NEAREST, FARTHEST = 3.0, 10.0
"""The suggestion is the steepest rate, kept by a factor between these under the one at which the loss was lowest.

There it begins to rise; and an untrained network's first answers fall at rates too small to learn anything else with.
"""
NOTICEABLE = 0.02
"""Share of the first loss by which it has to fall for a suggestion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSweep:
    """What a sweep over the learning rate came to."""

    rates: tuple[float, ...]
    """Largest learning rate of all paths at each step."""
    losses: tuple[float, ...]
    """Mean normalized loss of each step by priority; 1 is no skill."""
    smoothed: tuple[float, ...]
    """The same, smoothed over neighbouring rates."""
    steepest: float
    """Rate at which the smoothed loss fell fastest over the logarithm of the rate."""
    lowest: float
    """Rate at which it was lowest."""
    diverged: float | None
    """Rate at which it had risen so far that the sweep ended, or was no number; None: never."""
    suggested: float | None
    """Largest learning rate to train with; None: the loss fell at no rate."""

    def words(self) -> str:
        """The result in a sentence."""
        swept = f"swept from {self.rates[0]:.1e} to {self.rates[-1]:.1e}"
        if self.suggested is None:
            return f"{swept}: the loss never fell, so no learning rate is suggested"
        end = "it never diverged" if self.diverged is None else f"it diverged at {self.diverged:.1e}"
        return (
            f"{swept}: the loss fell fastest at {self.steepest:.1e} and was lowest at {self.lowest:.1e}; {end}; "
            f"suggested lr = {self.suggested:.1e}"
        )


def find_rate(trainer: Trainer, smallest: float = 1e-6, largest: float = 1.0, steps: int = 100) -> RateSweep:
    """Learning-rate range test (Smith 2017, arXiv:1506.01186) with an exponential sweep.

    Every step is the trainer's own: batches, losses, weighting, optimisers and clips are those of the training to come.
    The rates of paths that differ keep their ratio. Afterwards everything in the trainer is as it was, to the bit.

    Args:
        trainer: Of the training to come.
        smallest: First rate.
        largest: Last rate.
        steps: Steps in between, at least 10.

    Raises:
        ValueError: a sweep that goes nowhere.
    """
    if not 0 < smallest < largest or steps < 10:
        raise ValueError(
            f"a sweep from {smallest:g} to {largest:g} in {steps} steps; allowed: rising positive rates, at least 10 steps"
        )
    rates = [smallest * (largest / smallest) ** (n / (steps - 1)) for n in range(steps)]
    losses: list[float] = []
    with _restored(trainer):
        trainer.network.train()
        paths, batches = trainer.paths, _batches(trainer)
        fastest = max(paths.largest.values())
        ratios = {name: rate / fastest for name, rate in paths.largest.items()}
        for rate in rates:
            paths.largest = {name: rate * ratio / _factor(trainer, name) for name, ratio in ratios.items()}
            skipped = paths.skipped
            losses.append(_mean(trainer, trainer.step(next(batches))))
            if paths.skipped > skipped or _diverged(losses):
                break
    return _judged(rates[: len(losses)], losses, len(losses) < steps)


@contextmanager
def _restored(trainer: Trainer) -> Iterator[None]:
    """Whatever happens inside, the trainer goes on as if nothing had."""
    state, training = deepcopy(trainer.state()), trainer.network.training
    largest, loss = dict(trainer.paths.largest), trainer.loss
    shown = dict(loss.cosines), dict(loss.shares)
    try:
        yield
    finally:
        trainer.load_state(state)
        trainer.network.train(training)
        trainer.paths.largest = largest
        trainer.paths.zero()
        loss.cosines, loss.shares = shown


def _factor(trainer: Trainer, path: str) -> float:
    """What the schedule makes of a rate where the trainer stands."""
    # At the very beginning some schedules are zero.
    trainer.course.progress = 0.3
    chosen = trainer.paths.settings[path]
    return SCHEDULES[chosen.schedule](trainer.course.progress, chosen.warmup)


def _batches(trainer: Trainer) -> Iterator[list[Batch]]:
    """The batches of one step after another, epochs without end."""
    gathered: list[Batch] = []
    while True:
        for batch in trainer.sampler.epoch():
            gathered.append(batch)
            if len(gathered) == trainer.settings.accumulation:
                yield gathered
                gathered = []


def _mean(trainer: Trainer, tallies: dict[str, Tally]) -> float:
    """By priority over the pairs that the step had, so that steps compare."""
    found = {p.output: p.weight for p in trainer.pairs if p.output in tallies}
    whole = sum(found.values())
    return sum(w * tallies[o].mean for o, w in found.items()) / whole if whole else math.nan


def _diverged(losses: list[float]) -> bool:
    """No number, or far over the start: medians, since one batch may be a hard one."""
    if not math.isfinite(losses[-1]):
        return True
    return len(losses) > FEWEST and float(np.median(losses[-3:])) > DIVERGED * float(np.median(losses[:FEWEST]))


def _judged(rates: list[float], losses: list[float], ended: bool) -> RateSweep:
    known = [n for n, loss in enumerate(losses) if math.isfinite(loss)]
    if len(known) < FEWEST:
        raise ValueError(
            f"only {len(known)} of the first steps, at {rates[0]:.1e} and above, have a finite loss; at least {FEWEST} are "
            "needed: look at windows and labels, or begin at a smaller rate"
        )
    smooth, slope = _local_lines(np.array([losses[n] for n in known]), BLUR * len(rates))
    low = int(smooth.argmin())
    steep = int(slope[: low + 1].argmin())
    steepest, lowest = rates[known[steep]], rates[known[low]]
    fell = smooth[low] < (1 - NOTICEABLE) * smooth[0]
    return RateSweep(
        rates=tuple(rates),
        losses=tuple(losses),
        smoothed=tuple(smooth.tolist()),
        steepest=steepest,
        lowest=lowest,
        diverged=rates[-1] if ended else None,
        suggested=min(max(steepest, lowest / FARTHEST), lowest / NEAREST) if fell else None,
    )


def _local_lines(losses: NDArray[np.float64], width: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Value and slope of a straight line around each step, weighted by a Gaussian (Cleveland 1979)."""
    steps = np.arange(len(losses), dtype=np.float64)
    offsets = steps[None, :] - steps[:, None]
    kernel = np.exp(-0.5 * (offsets / max(1.0, width)) ** 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    middle, mean = (kernel * offsets).sum(axis=1), kernel @ losses
    spread = (kernel * (offsets - middle[:, None]) ** 2).sum(axis=1)
    slope = (kernel * (offsets - middle[:, None]) * (losses[None, :] - mean[:, None])).sum(axis=1) / spread
    return mean - slope * middle, slope
