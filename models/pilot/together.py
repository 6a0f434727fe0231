"""Whether two streams help one another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.injection import Dataset
from models.pilot.probe import Probe, item_losses, standard_error
from models.pilot.subsets import having_all

DEVIATIONS = 2.0
"""Standard errors that a difference must exceed to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Two streams against each of them alone, on the validation items that have both."""

    streams: tuple[str, str]
    """The two."""
    task: str
    """What was asked of the whole part."""
    loss: float
    """Normalized loss of the joint answer."""
    alone: dict[str, float]
    """By stream, that of a network which saw only it."""
    gain: float
    """How much lower the joint loss is than the better one's alone."""
    error: float
    """Standard error of the gain, paired by item."""
    items: int
    """Validation items that it was measured on."""

    @property
    def verdict(self) -> str:
        """help, disturb or neither."""
        if self.gain > DEVIATIONS * self.error:
            return "help"
        return "disturb" if self.gain < -DEVIATIONS * self.error else "neither"

    def words(self) -> str:
        """The comparison in a sentence."""
        said = {
            "help": "help one another",
            "disturb": "disturb one another",
            "neither": "make no difference to one another that could be told",
        }[self.verdict]
        alone = ", ".join(f"{name} alone {loss:.3f}" for name, loss in self.alone.items())
        both = " and ".join(self.streams)
        return f"{self.task}: {both} {said}: together {self.loss:.3f}, {alone}; gain {self.gain:+.3f} +- {self.error:.3f} on {self.items} items"


def togethers(probes: Sequence[Probe], val: Dataset) -> Iterator[Together]:
    """Every two streams that were tried together and alone, for each task of the whole part."""
    alone = {p.streams[0]: p for p in probes if len(p.streams) == 1}
    for both in (p for p in probes if len(p.streams) == 2 and set(p.streams) <= set(alone)):
        shared = having_all(val, both.streams)
        if len(shared):
            yield from _compared(both, [alone[s] for s in both.streams], shared)


def _compared(both: Probe, alone: Sequence[Probe], shared: Dataset) -> Iterator[Together]:
    """On the items that have both streams, of which the networks of one see that one alone."""
    every = np.arange(len(shared))
    together = item_losses(both.network, shared)
    single = {p.streams[0]: item_losses(p.network, shared.taken(every, p.streams)) for p in alone}
    one, other = both.streams
    for output in (o for o in together if o.endswith(":joint")):
        apart = {stream: losses[output] for stream, losses in single.items()}
        gains = min(apart.values(), key=lambda v: float(v.mean())) - together[output]
        yield Together(
            streams=(one, other),
            task=output.removesuffix(":joint"),
            loss=float(together[output].mean()),
            alone={s: float(v.mean()) for s, v in apart.items()},
            gain=float(gains.mean()),
            error=standard_error(gains),
            items=len(gains),
        )
