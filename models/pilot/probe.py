"""One short training of a pilot."""

import math
from dataclasses import dataclass

from torch import Tensor

from models.discrepancy import pairs_of
from models.injection import Dataset, spaced
from models.network import MultimodalNetwork
from models.trainer import Trainer
from models.validation import validation_losses

MOST_ITEMS = 2000
"""So many training items, evenly spaced, tell how well they are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One short training."""

    streams: tuple[str, ...]
    """What it saw."""
    network: MultimodalNetwork
    """What it came to."""
    epochs: int
    """Passes that the budget allowed."""
    train: dict[str, float]
    """Mean normalized loss of each output on training items, as validation judges."""
    val: dict[str, float]
    """The same on validation items; 1 is no skill."""
    errors: dict[str, float]
    """Standard error of `val`."""


def probed(trainer: Trainer) -> Probe:
    """Run a training and measure it on training items as it is measured on validation items."""
    outcome, streams = trainer.run(), trainer.network.streams
    every = spaced(len(trainer.train), MOST_ITEMS)
    known = item_losses(outcome.network, trainer.train.taken(every, streams))
    held = item_losses(outcome.network, trainer.val)
    return Probe(
        streams=streams,
        network=outcome.network,
        epochs=len(outcome.epochs),
        train={o: float(v.mean()) for o, v in known.items()},
        val={o: float(v.mean()) for o, v in held.items()},
        errors={o: standard_error(v) for o, v in held.items()},
    )


def item_losses(network: MultimodalNetwork, data: Dataset) -> dict[str, Tensor]:
    """By output, the normalized loss of every item that has it, shape (items,)."""
    return validation_losses(network, pairs_of(network), data)


def standard_error(values: Tensor) -> float:
    """Standard error of a mean; of a single value nothing is known."""
    return float(values.std(correction=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
