"""Which answer is asked for, and how far it falls."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.bundle import NOVELTY, Manifest
from qc_station.evaluation import MAIN
from qc_station.novelty import NOVELTY_P, strange, strange_streams
from sensors.errors import QCError

LEAST = 1e-6
"""Probabilities nearer to 0 or 1 are single precision's own noise."""


Outputs = Mapping[str, NDArray[np.float32]]
"""Of the graph by name, of one part or of many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the graph is asked again and again."""

    text: str
    """For people: a class, "not good", or by which stream the part is novel."""
    output: str
    """Of the graph: `label`, `novelty` or `novelty:STREAM`."""
    classes: NDArray[np.bool_] | None
    """Classes of `label` whose probabilities are added up, shape (classes,); None for novelty."""
    stream: str | None = None
    """The only stream that can move it; None: each of them may."""

    @property
    def unit(self) -> str:
        """What its numbers are where they are no probabilities, for people; else ""."""
        return "1 - p" if self.classes is None else ""

    def probability(self, outputs: Outputs) -> NDArray[np.float64]:
        """Of the target, shape (...) for outputs of shape (..., classes); of novelty what its p-value leaves to 1."""
        return self._of(outputs[self.output])

    def alone(self, outputs: Outputs, stream: str) -> float:
        """The same by what one stream says."""
        return float(self._of(outputs[f"{MAIN if self.classes is not None else NOVELTY}:{stream}"]))

    def _of(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        if self.classes is None:
            return np.asarray(1.0 - rows[..., 0].astype(np.float64))
        return np.asarray(rows[..., self.classes].sum(axis=-1, dtype=np.float64))


def target_of(manifest: Manifest, outputs: Outputs, present: tuple[str, ...]) -> Target:
    """What a part was decided by.

    Novelty, where it is looked at for that: its probabilities mean nothing then. Else the most probable class, where it
    is a defect; else that the part is not good, whatever it has.

    Args:
        manifest: Of the bundle.
        outputs: What its graph says of the part.
        present: Streams that took part.

    Raises:
        QCError: the bundle does not answer `label`.
    """
    if MAIN not in manifest.tasks:
        raise QCError(
            f"the bundle answers {', '.join(manifest.tasks)} but no {MAIN} of the whole part, which is explained"
        )
    if strange(outputs, present, manifest.threshold(NOVELTY_P)):
        return _novelty(manifest, outputs, present)
    classes = manifest.tasks[MAIN].classes
    best = int(outputs[MAIN].argmax())
    bad = np.array([name not in manifest.ok_classes for name in classes])
    if classes[best] in manifest.ok_classes and bad.any():
        return Target(text="not good", output=MAIN, classes=bad)
    return Target(text=classes[best], output=MAIN, classes=np.arange(len(classes)) == best)


def _novelty(manifest: Manifest, outputs: Outputs, present: tuple[str, ...]) -> Target:
    """The most novel stream's own; all streams' together where each alone is usual."""
    own = {
        name: float(outputs[f"{NOVELTY}:{name}"][0])
        for name in strange_streams(outputs, present, manifest.threshold(NOVELTY_P))
    }
    if not own:
        return Target(text="novel by all streams together", output=NOVELTY, classes=None)
    # A NaN is novel, and more than any number.
    most = min(own, key=lambda name: (not np.isnan(own[name]), own[name]))
    return Target(text=f"novel by {most}", output=f"{NOVELTY}:{most}", classes=None, stream=most)


def log_odds(probability: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """log(p / (1 - p)); a fall in it is the weight of evidence of Robnik-Sikonja and Kononenko 2008 (IEEE TKDE 20).

    Unlike a fall of the probability it also shows what a very sure answer rests on.
    """
    held = np.clip(probability, LEAST, 1.0 - LEAST)
    return np.asarray(np.log(held) - np.log1p(-held))
