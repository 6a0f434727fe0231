"""A shift of snapshots with known truth, as items for the store: grouped by time, split by time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate, groupby

from qc_station.align.rate import SECOND_NS
from qc_station.align.snapshot import Snapshot, Window
from qc_station.config.station import StreamConfig
from qc_station.items import Item, Split
from qc_station.quality import window_quality

BLOCK_NS = 10 * SECOND_NS
"""Least length of a group."""
SHARES: dict[Split, float] = {"train": 0.7, "val": 0.15, "test": 0.15}
"""How much of a shift goes where, in the order of time."""


def item(
    snapshot: Snapshot,
    labels: Mapping[str, str],
    *,
    group: str,
    split: Split | None = None,
    streams: Mapping[str, StreamConfig] | None = None,
) -> Item:
    """A part for the store.

    Args:
        snapshot: Its windows; those with gaps are kept as they are.
        labels: What is known about it, by manifest column.
        group: Where it may not be separated from others.
        split: train, val or test; None where nobody decided.
        streams: Tables of the streams, by whose kind the quality of their windows is measured; None measures none.
    """
    windows = {stream: window.data for stream, window in snapshot.windows.items()}
    applied = {stream: window.applied.as_json() for stream, window in snapshot.windows.items() if window.applied}
    return Item(
        name=snapshot.part,
        group=group,
        split=split,
        windows=windows,
        labels=dict(labels),
        applied=applied,
        quality={
            name: _quality(snapshot.windows[name], stream)
            for name, stream in (streams or {}).items()
            if name in windows
        },
    )


def _quality(window: Window, stream: StreamConfig) -> float:
    return window_quality(stream.kind, window.data, window.missing, window.quality)


class Groups:
    """Names the group of each part in the order of time.

    A group lasts at least a block and ends only where no reading serves the parts on both sides; a line that never
    pauses for as long as a window is therefore one group, and cannot be split without a leak.
    """

    def __init__(self, name: str, block_ns: int = BLOCK_NS) -> None:
        """Args: name: What groups are named after. block_ns: Least length of a group in nanoseconds."""
        self._name, self._block_ns = name, block_ns
        self._number, self._begin_ns = -1, 0

    def of(self, snapshot: Snapshot) -> str:
        """The group of the next part."""
        shared = any(window.shared for window in snapshot.windows.values())
        if self._number < 0 or (not shared and snapshot.time_ns - self._begin_ns >= self._block_ns):
            self._number, self._begin_ns = self._number + 1, snapshot.time_ns
        return f"{self._name}-{self._number:04d}"


def grouped(
    parts: Iterable[tuple[Snapshot, Mapping[str, str]]],
    *,
    shift: str,
    block_ns: int = BLOCK_NS,
    streams: Mapping[str, StreamConfig] | None = None,
) -> Iterator[Item]:
    """Parts as items in groups by time, see `Groups`, without a split.

    Args:
        parts: Snapshots with labels, in the order of time.
        shift: Name of the shift; groups are named after it.
        block_ns: Least length of a group in nanoseconds.
        streams: Tables of the streams, see `item`.

    Yields:
        One item per part, in the same order.
    """
    groups = Groups(shift, block_ns)
    for snapshot, labels in parts:
        yield item(snapshot, labels, group=groups.of(snapshot), streams=streams)


def split_by_time(items: Iterable[Item], shares: Mapping[Split, float] | None = None) -> list[Item]:
    """Give the first groups to train, the next to val and the last to test.

    Args:
        items: In the order of time, those of one group side by side.
        shares: How much each split gets, in order; None: `SHARES`.

    Returns:
        The same items with their split. A group goes where its middle falls, so no group stands in two splits.
    """
    blocks = [list(block) for _, block in groupby(items, key=lambda one: one.group)]
    total, before, result = sum(map(len, blocks)), 0, []
    for block in blocks:
        split = _split_at((before + len(block) / 2) / total, shares or SHARES)
        result += [replace(one, split=split) for one in block]
        before += len(block)
    return result


def _split_at(place: float, shares: Mapping[Split, float]) -> Split:
    """The split in which a place from 0 to 1 lies."""
    ends = list(accumulate(shares.values()))
    return next(split for split, end in zip(shares, ends, strict=True) if place * ends[-1] < end)
