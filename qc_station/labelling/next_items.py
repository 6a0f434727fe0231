"""What to label next: the least certain items, every class in its turn, spread over groups."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

NOVEL = 0.05
"""Conformal p-value under which an item is unlike what was learnt, whatever the network takes it for."""
NOVELTY = "novel"
UNSCORED = "not scored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """An item that is worth a label."""

    row: int
    """Its place in what was given."""
    turn: str
    """Whose turn it was: the class that it is taken for, "novel", or "not scored"."""
    doubt: float
    """Margin, or p-value of a novel item: 0 is the greatest doubt, 1 the least; NaN where nobody scored it."""
    reason: str
    """Why, for people."""


def next_items(
    probabilities: NDArray[np.floating[Any]],
    classes: Sequence[str],
    *,
    count: int,
    groups: Sequence[str],
    recordings: Sequence[str] | None = None,
    novelty: NDArray[np.floating[Any]] | None = None,
) -> list[Pick]:
    """Rank unlabelled items by their margin (Scheffer et al. 2001; Settles 2009, section 3.1.2) under a quota.

    The margin is the difference of the two largest probabilities. Taken alone it asks about one confused pair of
    classes over and over, so the classes that items are taken for take turns, items unlike what was learnt as a class
    of their own; what one has not left goes to the others. Whose turn it is gives the least certain item of a group
    that was asked about least often, and nobody gives a second window of a recording.

    Args:
        probabilities: Shape (items, classes); a row of NaN for an item that nobody scored: these have their own turn.
        classes: Names of the columns.
        count: How many are wanted.
        groups: Group of each item.
        recordings: Recording that each item is a window of; None: each is one of its own.
        novelty: Conformal p-value of each item, shape (items,); NaN where unknown. None: nobody measured it.

    Returns:
        At most `count` picks, the most urgent first; fewer where the recordings end. Ties go in the order of the items.
    """
    sources = [str(row) for row in range(len(groups))] if recordings is None else list(recordings)
    p_values = np.full(len(groups), np.nan) if novelty is None else novelty
    free = [_rated(row, rated, classes, float(p_values[row])) for row, rated in enumerate(probabilities)]
    given, asked, found = Counter[str](), Counter[str](), list[Pick]()

    def urgency(pick: Pick) -> tuple[int, int, float]:
        return given[pick.turn], asked[groups[pick.row]], 2.0 if isnan(pick.doubt) else pick.doubt

    while free and len(found) < count:
        best = min(free, key=urgency)
        found.append(best)
        given[best.turn] += 1
        asked[groups[best.row]] += 1
        free = [pick for pick in free if sources[pick.row] != sources[best.row]]
    return found


def _rated(row: int, rated: NDArray[np.floating[Any]], classes: Sequence[str], p_value: float) -> Pick:
    """One item with its doubt and the reason in words."""
    if p_value < NOVEL:
        return Pick(row=row, turn=NOVELTY, doubt=p_value, reason=f"unlike what was learnt: p = {p_value:.3g}")
    if not rated.size or np.isnan(rated).any():
        return Pick(row=row, turn=UNSCORED, doubt=float("nan"), reason="nobody has scored it yet")
    first, *others = np.argsort(-rated, kind="stable")
    margin = float(rated[first] - (rated[others[0]] if others else 0.0))
    said = f"{classes[first]} {rated[first]:.2f}"
    if others:
        said += f" or {classes[others[0]]} {rated[others[0]]:.2f}"
    return Pick(row=row, turn=classes[first], doubt=margin, reason=f"{said}: a margin of {margin:.2f}")
