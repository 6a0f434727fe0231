"""What the aligner is measured against: synchronizers that compare times alone, and one that does nothing.

They take messages, each a stream's name with a time in ns; a part is one more stream, "part".
"""

from collections import deque
from itertools import product

TOLERANCE_NS = 60_000_000
HISTORY_NS = 5_000_000_000
Message = tuple[str, int]


class Idle:
    """Takes everything and does nothing."""

    def push(self, _reading: object) -> None:
        """Forget it."""

    def trigger(self, _part: str, _time_ns: int) -> None:
        """Forget it."""

    def advance(self, _now_ns: int) -> tuple[()]:
        """Nothing."""
        return ()


def candidates(count: int, flow: list[Message]) -> int:
    """Any one message of every queue within the tolerance of the newest.

    Parts are one more stream, and the first that is looked at, since most messages have none near: its best case.
    """
    queues: dict[str, deque[int]] = {name: deque() for name in ("part", *(f"s{n}" for n in range(count)))}
    matched = 0
    for name, stamp in flow:
        queue = queues[name]
        queue.append(stamp)
        while queue[0] < stamp - HISTORY_NS:
            queue.popleft()
        near = []
        for other, stamps in queues.items():
            if other != name:
                found = sorted((abs(one - stamp), one) for one in stamps if abs(one - stamp) <= TOLERANCE_NS)
                if not found:
                    break
                near.append([one for _, one in found])
        else:
            for chosen in product(*near):
                if max(stamp, *chosen) - min(stamp, *chosen) <= TOLERANCE_NS:
                    matched += 1
                    queue.pop()
                    for other, one in zip((other for other in queues if other != name), chosen, strict=True):
                        queues[other].remove(one)
                    break
    return matched


def heads(count: int, flow: list[Message]) -> int:
    """All heads within the tolerance, or the oldest is given up."""
    queues: dict[str, deque[int]] = {name: deque() for name in ("part", *(f"s{n}" for n in range(count)))}
    everyone = list(queues.values())
    matched = 0
    for name, stamp in flow:
        queues[name].append(stamp)
        while all(everyone):
            first = [queue[0] for queue in everyone]
            oldest = min(first)
            if max(first) - oldest <= TOLERANCE_NS:
                matched += 1
                for queue in everyone:
                    queue.popleft()
            else:
                everyone[first.index(oldest)].popleft()
    return matched


def merge_asof(count: int, flow: list[Message]) -> int:
    """For each part, a join with what the last 5 s hold of every stream."""
    import pandas as pd

    queues: dict[str, deque[int]] = {f"s{n}": deque() for n in range(count)}
    matched = 0
    for name, stamp in flow:
        if name != "part":
            queue = queues[name]
            queue.append(stamp)
            while queue[0] < stamp - HISTORY_NS:
                queue.popleft()
            continue
        table = pd.DataFrame({"time": [stamp]})
        for other, queue in queues.items():
            right = pd.DataFrame({"time": list(queue), other: range(len(queue))})
            table = pd.merge_asof(table, right, on="time", direction="nearest", tolerance=2 * TOLERANCE_NS)
        matched += bool(table.notna().all(axis=None))
    return matched
