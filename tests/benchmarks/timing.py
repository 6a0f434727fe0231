"""Times calls in turn, so that whatever else the machine does slows all of them alike."""

import time
from collections.abc import Callable, Mapping

import numpy as np

WARM_UP = 30


def in_turn(
    calls: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], int] = time.perf_counter_ns
) -> dict[str, list[float]]:
    """Milliseconds of every call by name; each round has another order, so that none always follows what leaves it a warm cache.

    Args:
        calls: By name.
        rounds: How often each is timed, after some that are not.
        clock: In ns; `time.thread_time_ns` counts the processor time of this thread alone, which a busy machine
            disturbs less.
    """
    spent: dict[str, list[float]] = {name: [] for name in calls}
    random = np.random.default_rng(0)
    for number in range(rounds + WARM_UP):
        for name in random.permutation(sorted(calls)):
            started = clock()
            calls[name]()
            took = (clock() - started) / 1e6
            if number >= WARM_UP:
                spent[name].append(took)
    return spent


def points(spent: list[float]) -> dict[str, float]:
    """Median and 99th percentile in milliseconds."""
    return {"p50": round(float(np.percentile(spent, 50)), 4), "p99": round(float(np.percentile(spent, 99)), 4)}
