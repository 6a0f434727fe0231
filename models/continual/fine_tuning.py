"""Learn on from a champion: warm start, replay, distillation, perhaps EWC, training, and what was forgotten."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from models.adjustment import LEARNING_RATE, PathSettings
from models.checkpoint import Checkpoints
from models.continual.distillation import TEMPERATURE, WEIGHT, Distillation
from models.continual.ewc import Elastic, fisher
from models.continual.forgetting import Forgetting, forgetting
from models.continual.replay import DRAWS, LEAST, REPLAYED, SHARE, joined
from models.continual.warm_start import warm_start
from models.history import Epoch, Outcome
from models.injection import ABSENT, Dataset, InputSpec, spaced
from models.network import MultimodalNetwork
from models.settings import Settings
from models.tasks import Task
from models.terms import Term
from models.trainer import FEW_ITEMS, Trainer

SEEN = 4500
"""Items that are seen in all, where nobody says how many epochs: a champion needs fewer than a network that knows nothing."""
SEEN_OF_FEW = 16000
"""The same where there are few examples of a class that the champion does not know: each is asked more often."""
FEW_OF_A_CLASS = 50
"""Fewer examples than this are few."""
BESIDE_FEW = 4000
"""So many old items are replayed beside few examples, at most half of all, which leaves classes to draw equally often."""
FRESH = 1 / 6
"""Share of the joined items that are new ones then."""
FEWEST_EPOCHS, MOST_EPOCHS = 4, 80
SPARING = 16
"""Items of one forward pass, two of which make a step: a training beside the line takes less memory."""
MOST_MEASURED = 256
"""About so many old items, evenly spaced, give the Fisher information."""
MOST_JUDGING = 512
"""About so many validation items, evenly spaced, are asked after every epoch; what was forgotten is asked of all."""
FEWEST_JUDGING = 8
"""With fewer validation items of a class that the champion does not know, validation says nothing about learning it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is done against forgetting."""

    share: float = SHARE
    """Share of the old items that are replayed, 0 to 1; 0 is none at all."""
    least: int = LEAST
    """Old items that are replayed where the share comes to fewer; all where there are fewer."""
    beside_few: int = BESIDE_FEW
    """The same where there are few examples of a class that the champion does not know; at most half of all."""
    draws: float = DRAWS
    """Share of the joined items that are replayed ones, under 1."""
    by: str | None = None
    """Task whose classes are replayed in equal parts; None: the first."""
    distillation: float = WEIGHT
    """Weight of the term that holds answers on replayed items; 0: none."""
    temperature: float = TEMPERATURE
    """Of that term."""
    ewc: float = 0.0
    """Weight of the term that holds parameters; 0: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuned:
    """A champion that has learnt on."""

    outcome: Outcome
    """The network and how training went."""
    new: int
    """Items that the champion had not seen."""
    replayed: int
    """Old items that stood beside them, each counted once."""
    forgetting: dict[str, Forgetting]
    """Validation items answered before and after, by task."""


def fine_tune(
    champion: MultimodalNetwork,
    inputs: Sequence[InputSpec],
    tasks: Sequence[Task],
    new: Dataset,
    old: Dataset,
    val: Dataset,
    settings: Settings | None = None,
    keeping: Keeping | None = None,
    *,
    terms: Sequence[Term] = (),
    report: Callable[[Epoch], None] = lambda _: None,
    checkpoints: Checkpoints | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> FineTuned:
    """Train a network that begins as the champion.

    Args:
        champion: What is in use; it is not changed. From a state: `models.continual.warm_start.rebuilt`.
        inputs: All streams, the champion's among them.
        tasks: All tasks and classes, the champion's among them; see `models.continual.warm_start.tasks_after`.
        new: Items that the champion has not learnt from; targets are classes of `tasks`.
        old: Items that it has learnt from, to replay some of; targets likewise.
        val: Items of neither, old kinds and new ones: the end is judged by them, and what was forgotten.
        settings: How training runs; where it says no learning rate or no number of epochs, see `gentle`.
        keeping: What is done against forgetting.
        terms: Of the total, beside the pairs and what `keeping` asks for.
        report: Called after every epoch.
        checkpoints: Where to write everything from time to time, and to resume from where it was written.
        clock: Seconds, for the budget.

    Raises:
        ValueError: the champion does not fit the inputs or tasks, or a figure in `keeping` or `settings` is none.
    """
    chosen, kept, rarest = settings or Settings(), keeping or Keeping(), _rarest(champion.tasks, tasks, new)
    train = _together(new, old, kept, rarest, chosen.seed)
    torch.manual_seed(chosen.seed)  # New rows and new streams' parts begin at random.
    network = warm_start(champion, inputs, tasks, train.windows)
    replayed, shares = _distinct(train), _shares(champion.streams, len(old), rarest)
    chosen = gentle(chosen, len(train), len(new) + replayed, network.paths(), rarest=rarest, shares=shares)
    terms = [*_terms(champion, inputs, tasks, old, kept, chosen.seed), *terms]
    judging, chosen = _judging(champion.tasks, tasks, val, chosen)
    start = network.state_dict()
    # Without replay nothing says how often the old classes are drawn.
    trainer = Trainer(inputs, tasks, train, judging, chosen, clock, start=start, terms=terms, chosen=replayed > 0)
    if checkpoints is not None:
        checkpoints.resume(trainer)
    outcome = trainer.run(report, checkpoints)
    lost = forgetting(champion, outcome.network, val)
    return FineTuned(outcome=outcome, new=len(new), replayed=replayed, forgetting=lost)


def _together(new: Dataset, old: Dataset, kept: Keeping, rarest: int, seed: int) -> Dataset:
    """The new items, and old ones beside them: more of them where there are few examples of a class."""
    few = rarest < FEW_OF_A_CLASS
    beside, fresh = (min(kept.beside_few, len(old) // 2), FRESH) if few else (0, 0.0)
    least = max(kept.least, beside)
    return joined(new, old, kept.share, least=least, draws=kept.draws, fresh=fresh, by=kept.by, seed=seed)


def gentle(
    settings: Settings,
    items: int,
    distinct: int,
    paths: Iterable[str],
    *,
    rarest: int = FEW_OF_A_CLASS,
    shares: Mapping[str, float] | None = None,
) -> Settings:
    """Settings with the learning rates and the number of epochs of fine-tuning where they say none.

    Args:
        settings: What somebody has chosen.
        items: Of one epoch, replayed ones as often as they are drawn.
        distinct: Of them, items that differ: few are soon known by heart, and what is learnt from few in large steps is
            forgotten of many.
        paths: Names of the network's paths.
        rarest: Examples of the rarest class that the champion does not know.
        shares: How much of that learning rate a path has, by name; all of it where not named.
    """
    rate = LEARNING_RATE * min(1.0, max(0.1, distinct / FEW_ITEMS))
    given = {name: settings.paths.get(name, PathSettings()) for name in paths}
    rates = {name: rate * (shares or {}).get(name, 1.0) for name in given}
    slow = {name: replace(path, lr=rates[name] if path.lr is None else path.lr) for name, path in given.items()}
    seen = SEEN_OF_FEW if rarest < FEW_OF_A_CLASS else SEEN
    epochs = settings.epochs or min(MOST_EPOCHS, max(FEWEST_EPOCHS, seen // items))
    spared = settings.accumulation if settings.batch else 2 * settings.accumulation
    return replace(settings, paths=slow, epochs=epochs, batch=settings.batch or SPARING, accumulation=spared)


def _shares(known: Iterable[str], old: int, rarest: int) -> dict[str, float]:
    """Shares of the learning rate for the encoders that the champion has, where examples of a class are few.

    The more old items an encoder has learnt from, the less a few examples say about how to see, and the more there is to be
    forgotten; how to answer they say all the same.
    """
    return dict.fromkeys(known, min(1.0, FEW_ITEMS / max(1, old))) if rarest < FEW_OF_A_CLASS else {}


def _terms(
    champion: MultimodalNetwork,
    inputs: Sequence[InputSpec],
    tasks: Sequence[Task],
    old: Dataset,
    keeping: Keeping,
    seed: int,
) -> list[Term]:
    terms: list[Term] = []
    if keeping.distillation:
        streams = [spec.name for spec in inputs]
        terms.append(Distillation(champion, streams, tasks, keeping.distillation, keeping.temperature))
    if keeping.ewc:
        importance = fisher(champion, _spaced(old, champion.streams), seed=seed)
        terms.append(Elastic(champion, importance, keeping.ewc))
    return terms


def _spaced(data: Dataset, streams: Sequence[str]) -> Dataset:
    """Some items, evenly spaced, with the streams that the champion knows."""
    items = spaced(len(data), MOST_MEASURED)
    rows = {name: data.rows[name][items] for name in streams}
    return Dataset(windows={name: data.windows[name] for name in streams}, rows=rows, targets={})


def _judging(
    before: Sequence[Task], after: Sequence[Task], val: Dataset, settings: Settings
) -> tuple[Dataset, Settings]:
    """The validation items that are asked after every epoch, and settings by which they choose only where they can."""
    some = val.taken(spaced(len(val), MOST_JUDGING))
    # On old items alone the network that has learnt nothing yet would look best.
    knows = _rarest(before, after, some) >= FEWEST_JUDGING
    return some, replace(settings, judged=settings.judged and knows)


def _rarest(before: Sequence[Task], after: Sequence[Task], data: Dataset) -> int:
    """Items of the rarest class that is new to a task of the champion's; `FEW_OF_A_CLASS` where none is."""
    known = {task.name: task.classes for task in before}
    counts = [
        int((data.targets[task.name] == code).sum())
        for task in after
        for code, name in enumerate(task.classes)
        if name not in known.get(task.name, task.classes) and task.name in data.targets
    ]
    return min(counts, default=FEW_OF_A_CLASS)


def _distinct(train: Dataset) -> int:
    """Replayed items, however often each is drawn: no two have the same windows."""
    replayed = ~np.isnan(train.targets[REPLAYED])
    rows = np.stack([table[replayed] for table in train.rows.values()], axis=1)
    return len(np.unique(rows[(rows != ABSENT).any(axis=1)], axis=0))
