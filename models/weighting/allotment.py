"""What every weighting owes its tasks: priorities count, and nobody starves."""

from collections.abc import Mapping
from math import fsum

FLOOR = 0.01
"""Least weight of a task as a share of its priority; its inverse is the most. A priority of 0 stays 0."""


def floored(weights: Mapping[str, float], priorities: Mapping[str, float]) -> dict[str, float]:
    """Each weight, but at least FLOOR and at most 1 / FLOOR of the task's priority.

    Args:
        weights: By task, finite.
        priorities: Of the same tasks; 0 switches a task off.
    """
    return {n: min(max(w, FLOOR * priorities[n]), priorities[n] / FLOOR) for n, w in weights.items()}


def allotted(shares: Mapping[str, float], priorities: Mapping[str, float]) -> dict[str, float]:
    """Weights in proportion to `shares` whose sum is that of the priorities, none under FLOOR of its priority.

    So the step is about as long as with fixed priorities, whatever the shares' own scale. Sums are rounded once
    (`fsum`), so that the order of the tasks changes no bit.

    Args:
        shares: By task, finite; what is negative counts as nothing.
        priorities: Of the same tasks; 0 switches a task off, whatever its share.
    """
    least = {n: FLOOR * p for n, p in priorities.items()}
    free = {n: max(0.0, shares[n]) for n, p in priorities.items() if p > 0}
    if not fsum(free.values()):
        return {n: priorities[n] for n in shares}
    while True:
        # What the starved get is taken from the others, which may starve the next one.
        left = fsum(priorities.values()) - fsum(v for n, v in least.items() if n not in free)
        scale = left / fsum(free.values())
        starved = [n for n, share in free.items() if scale * share < least[n]]
        if not starved:
            return {n: scale * free[n] if n in free else least[n] for n in shares}
        for name in starved:
            del free[name]
