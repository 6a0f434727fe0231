"""Which answer is asked for, and how far it falls."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.bundle import Manifest
from qc_station.evaluation import MAIN
from sensors.errors import QCError

LEAST = 1e-6
"""Probabilities nearer to 0 or 1 are single precision's own noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the graph is asked again and again."""

    text: str
    """For people: a class, or "not good"."""
    classes: NDArray[np.bool_]
    """Classes of `label` whose probabilities are added up, shape (classes,)."""

    def probability(self, answers: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of the target, from probabilities of shape (..., classes)."""
        return np.asarray(answers[..., self.classes].sum(axis=-1, dtype=np.float64))


def target_of(manifest: Manifest, answers: NDArray[np.float32]) -> Target:
    """The most probable class, where it is a defect; else that the part is not good, whatever it has.

    Args:
        manifest: Of the bundle.
        answers: Probabilities of `label`, shape (classes,).

    Raises:
        QCError: the bundle does not answer `label`.
    """
    if MAIN not in manifest.tasks:
        raise QCError(
            f"the bundle answers {', '.join(manifest.tasks)} but no {MAIN} of the whole part, which is explained"
        )
    classes = manifest.tasks[MAIN].classes
    best = int(answers.argmax())
    bad = np.array([name not in manifest.ok_classes for name in classes])
    if classes[best] in manifest.ok_classes and bad.any():
        return Target(text="not good", classes=bad)
    return Target(text=classes[best], classes=np.arange(len(classes)) == best)


def log_odds(probability: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """log(p / (1 - p)); a fall in it is the weight of evidence of Robnik-Sikonja and Kononenko 2008 (IEEE TKDE 20).

    Unlike a fall of the probability it also shows what a very sure answer rests on.
    """
    held = np.clip(probability, LEAST, 1.0 - LEAST)
    return np.asarray(np.log(held) - np.log1p(-held))
