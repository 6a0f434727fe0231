"""A part as it is stored and learnt from."""

from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

Split = Literal["train", "val", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """The windows of one part with what is known about it."""

    name: str
    """Unique in a station; windows of one long recording are NAME#0, NAME#1, ..."""
    group: str
    """Items of one group never stand in two splits."""
    split: Split | None
    """train, val or test; None where nobody decided."""
    windows: dict[str, NDArray[Any]]
    """By stream: (channels, samples), (frames, height, width) or (channels, steps), in the recording's own dtype."""
    applied: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By stream, what was done to place and moment on the way from the sensor; see `qc_station.view.applied.Applied`.

    Only what is known; files that were imported say nothing.
    """
    labels: dict[str, str] = field(default_factory=dict)
    """By manifest column, e.g. "label", "label.acoustic", "severity"; only what is known."""
    weight: float = 1.0
    """How much the item counts in training, beside others: 0 or more, 0 for not at all."""
    quality: dict[str, float] = field(default_factory=dict)
    """By stream, how far its window can be relied on, 0 to 1; a stream that is not named counts in full."""
