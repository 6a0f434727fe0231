"""What an item, and all items together, amount to: equal digests mean equal bits."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.items import Item


def window_digest(data: NDArray[Any]) -> str:
    """SHA-256 over sample type, shape and samples."""
    head = f"{data.dtype.str} {data.shape}\n".encode()
    return hashlib.sha256(head + np.ascontiguousarray(data).tobytes()).hexdigest()


def item_digest(
    group: str,
    split: str | None,
    labels: Mapping[str, str],
    windows: Mapping[str, str],
    weight: float = 1.0,
    quality: Mapping[str, float] | None = None,
) -> str:
    """SHA-256 over what an item is made of; a weight and qualities of 1 are the same as none.

    Args:
        group: Its group.
        split: Its split; None where nobody decided.
        labels: By manifest column.
        windows: Digest of the window by stream.
        weight: How much it counts in training.
        quality: How far a window can be relied on, by stream; 1 where not named.
    """
    parts: list[object] = [group, split, sorted(labels.items()), sorted(windows.items())]
    less = sorted((stream, float(value)) for stream, value in (quality or {}).items() if value != 1)
    # Items that came in before there were weights keep their digests.
    if weight != 1 or less:
        parts.append([float(weight), less])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def content_digest(item: Item) -> str:
    """The digest that an item has in a store."""
    windows = {stream: window_digest(data) for stream, data in item.windows.items()}
    return item_digest(item.group, item.split, item.labels, windows, item.weight, item.quality)


def data_digest(items: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over name and item digest of every item, whatever their order."""
    whole = hashlib.sha256()
    for name, digest in sorted(items):
        whole.update(json.dumps([name, digest]).encode() + b"\n")
    return whole.hexdigest()
