"""Learning-rate schedules: a factor between 0 and 1 by the share of all steps that are done."""

import math
from collections.abc import Callable

Schedule = Callable[[float, float], float]
"""From progress and the share of it on which the rate rises, both 0 to 1, to the factor on the largest rate."""


def one_cycle(progress: float, warmup: float = 0.15) -> float:
    """Half a cosine up from 4 %, half a cosine down to zero (Smith 2018, arXiv:1803.09820).

    Args:
        progress: Share of all steps that are done, 0 to 1.
        warmup: Share of the steps on which it rises.
    """
    if progress < warmup:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / warmup)) / 2
    return (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup)))) / 2


def linear(progress: float, warmup: float = 0.15) -> float:
    """Straight up from zero, straight down to zero."""
    if progress < warmup:
        return progress / warmup
    return max(0.0, (1 - progress) / (1 - warmup))


def constant(progress: float, warmup: float = 0.15) -> float:
    """Straight up from zero, then the largest rate to the end."""
    return min(1.0, progress / warmup) if warmup > 0 else 1.0


def steps(progress: float, warmup: float = 0.15) -> float:
    """As `constant`, a tenth of it after half of the steps and a hundredth after three quarters."""
    return constant(progress, warmup) * (1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01)


SCHEDULES: dict[str, Schedule] = {"one_cycle": one_cycle, "linear": linear, "constant": constant, "steps": steps}
