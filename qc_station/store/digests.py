"""What an item, and all items together, amount to: equal digests mean equal bits."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def window_digest(data: NDArray[Any]) -> str:
    """SHA-256 over sample type, shape and samples."""
    head = f"{data.dtype.str} {data.shape}\n".encode()
    return hashlib.sha256(head + np.ascontiguousarray(data).tobytes()).hexdigest()


def item_digest(group: str, split: str | None, labels: Mapping[str, str], windows: Mapping[str, str]) -> str:
    """SHA-256 over what an item is made of.

    Args:
        group: Its group.
        split: Its split; None where nobody decided.
        labels: By manifest column.
        windows: Digest of the window by stream.
    """
    parts = [group, split, sorted(labels.items()), sorted(windows.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def data_digest(items: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over name and item digest of every item, whatever their order."""
    whole = hashlib.sha256()
    for name, digest in sorted(items):
        whole.update(json.dumps([name, digest]).encode() + b"\n")
    return whole.hexdigest()
