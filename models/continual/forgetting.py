"""What was forgotten: the same old items answered before and after, class by class, with exact bounds."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.deciding import Deciding
from models.injection import Dataset, in_order
from models.network import MultimodalNetwork

CONFIDENCE = 0.95
AT_ONCE = 16
"""Items of one forward pass; spectrograms of many more are the peak of what a training needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How the items of one class were answered before and after."""

    items: int
    """Old items of the class."""
    before: int
    """Of them, right by the champion."""
    after: int
    """Of them, right by the network that learned on."""
    lost: int
    """Right before and wrong now; what was gained is the rest of the difference."""

    @property
    def gained(self) -> int:
        """Wrong before and right now."""
        return self.after - self.before + self.lost

    @property
    def points(self) -> float:
        """Percentage points that were forgotten, less those that were gained; negative where more is right than before."""
        return 100.0 * (self.before - self.after) / max(1, self.items)

    @property
    def lost_bounds(self) -> tuple[float, float]:
        """Exact interval of the share that is right before and wrong after, on items like these."""
        return exact_bounds(self.lost, self.items)

    @property
    def before_bounds(self) -> tuple[float, float]:
        """Exact interval of the share that the champion answers rightly."""
        return exact_bounds(self.before, self.items)

    @property
    def after_bounds(self) -> tuple[float, float]:
        """Exact interval of the share that is answered rightly now."""
        return exact_bounds(self.after, self.items)

    @property
    def chance(self) -> float:
        """How often as many would be lost among those that changed if losing were as likely as gaining.

        The exact test of McNemar (Psychometrika 12, 1947), one-sided: small where something was really forgotten.
        """
        from scipy.special import betainc  # type: ignore[import-untyped]

        changed = self.lost + self.gained
        return float(betainc(self.lost, changed - self.lost + 1, 0.5)) if self.lost else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """One task on the old items."""

    whole: Kept
    """All its old items."""
    classes: dict[str, Kept]
    """By class, those that old items have."""


def forgetting(champion: MultimodalNetwork, network: MultimodalNetwork, old: Dataset) -> dict[str, Forgetting]:
    """Answer old items with both networks, as they decide in use: all heads that are present together.

    Args:
        champion: Before.
        network: After; it has the champion's tasks and classes.
        old: Items that neither was trained with, if figures are to hold for others; targets are classes of `network`.
            Those of streams that the champion lacks are seen by the network alone.

    Returns:
        By class task that the champion answers and old items have.
    """
    known = {task.name for task in champion.tasks}
    before, after = decided(champion, old), decided(network, old)
    found = {}
    for task in (t for t in network.tasks if t.classes and t.name in known):
        there = ~np.isnan(old.targets[task.name]) & (before[task.name] != "") & (after[task.name] != "")
        if there.any():
            truth = np.array(task.classes)[old.targets[task.name][there].astype(np.int64)]
            found[task.name] = _compared(truth, before[task.name][there] == truth, after[task.name][there] == truth)
    return found


def _compared(truth: NDArray[np.str_], before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Forgetting:
    def kept(some: NDArray[np.bool_]) -> Kept:
        was, now = before[some], after[some]
        return Kept(items=int(some.sum()), before=int(was.sum()), after=int(now.sum()), lost=int((was & ~now).sum()))

    return Forgetting(
        whole=kept(np.ones(len(truth), np.bool_)),
        classes={str(name): kept(truth == name) for name in dict.fromkeys(truth.tolist())},
    )


@torch.inference_mode()
def decided(network: MultimodalNetwork, data: Dataset) -> dict[str, NDArray[np.str_]]:
    """The most likely class of each item by task, as names, shape (items,); "" where no stream that answers is there."""
    was_training = network.training
    deciding = Deciding(network.eval())
    tasks = [task for task in network.tasks if task.classes]
    found: dict[str, list[NDArray[np.str_]]] = {task.name: [] for task in tasks}
    for batch in in_order(data, AT_ONCE):
        presence = batch.presence(network.streams)
        answers = network.answer(network.advance(network.encode(batch), presence))
        for task in tasks:
            best = deciding.combined(task, answers, presence)[task.name].argmax(dim=1).numpy()
            here = presence.any(dim=1) if task.stream is None else presence[:, network.streams.index(task.stream)]
            found[task.name].append(np.where(here.numpy(), np.array(task.classes)[best], ""))
    network.train(was_training)
    return {name: np.concatenate(parts) if parts else np.zeros(0, np.str_) for name, parts in found.items()}


def exact_bounds(count: int, total: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Two-sided interval of a share (Clopper and Pearson, Biometrika 26, 1934); (0, 1) of no items.

    Raises:
        ValueError: count outside 0 to total.
    """
    from scipy.special import betaincinv

    if not 0 <= count <= total:
        raise ValueError(f"count {count} must lie within 0 and total {total}")
    side = (1 - confidence) / 2
    lower = float(betaincinv(count, total - count + 1, side)) if count else 0.0
    upper = float(betaincinv(count + 1, total - count, 1 - side)) if count < total else 1.0
    return lower, upper


def told(found: dict[str, Forgetting]) -> list[str]:
    """A line for each task, for people."""
    return [_line(name, one) for name, one in found.items()]


def _line(name: str, one: Forgetting) -> str:
    low, high = (100 * bound for bound in one.whole.lost_bounds)
    worst = max(one.classes, key=lambda c: one.classes[c].points)
    return (
        f"{name}: {one.whole.before} of {one.whole.items} old items right before, {one.whole.after} after; "
        f"{one.whole.lost} lost ({low:.1f} to {high:.1f} %), {one.whole.gained} gained; "
        f"most in {worst}: {one.classes[worst].points:.1f} points"
    )
