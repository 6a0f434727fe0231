"""Stage 1, injection: the streams of many items, each with its own shape, and what is known about them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ABSENT = -1


def spaced(items: int, most: int) -> NDArray[np.int64]:
    """Numbers of about `most` of so many items, evenly spaced, all where there are fewer."""
    return np.arange(0, items, 1 + items // most)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """One stream's entry point into the network."""

    name: str
    """Name of the stream; also the name of the exported graph's input."""
    kind: str
    """File name of the encoder: waveform, image or series."""
    shape: tuple[int, ...]
    """Window shape: (channels, samples), (frames, height, width) or (channels, steps)."""
    rate_hz: float | None = None
    """Samples a second, where the kind needs it."""
    dtype: str = "float32"
    """Of the raw window; integer sound is divided by its full scale before it enters."""
    level_normalization: bool = False
    """Divide each window by its own level before anything else."""
    augment: tuple[str, ...] | None = None
    """Training augmentations by name; None: all that the kind applies by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Items in memory, compact: a stream's array holds only the items that have it."""

    windows: dict[str, NDArray[Any]]
    """By stream, shape (present items, *InputSpec.shape)."""
    rows: dict[str, NDArray[np.int64]]
    """By stream, shape (items,): row in `windows`, or ABSENT."""
    targets: dict[str, NDArray[np.float32]]
    """By task, shape (items,): class index or value; NaN where unknown."""
    names: tuple[str, ...] = field(default=())
    """Item names, for messages."""
    weights: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    """Shape (items,): by stream the quality of its window, 0 to 1; by "" the item's own weight; 1 where not named."""

    def __len__(self) -> int:
        return len(next(iter(self.rows.values())))

    def presence(self) -> NDArray[np.bool_]:
        """Which streams each item has, shape (items, streams)."""
        return np.stack([rows != ABSENT for rows in self.rows.values()], axis=1)

    def taken(self, items: NDArray[np.int64], streams: Sequence[str] | None = None) -> "Dataset":
        """Some items and some streams; windows are shared, not copied.

        Args:
            items: Their numbers.
            streams: Those that stay; None: all.
        """
        kept = tuple(self.rows) if streams is None else streams
        return replace(
            self,
            windows={name: self.windows[name] for name in kept},
            rows={name: self.rows[name][items] for name in kept},
            targets={name: values[items] for name, values in self.targets.items()},
            names=tuple(self.names[n] for n in items) if self.names else (),
            weights={name: values[items] for name, values in self.weights.items() if name in ("", *kept)},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one of several processes has of a batch."""

    size: int
    """Items of the whole batch."""
    items: slice
    """Those that are here."""
    windows: dict[str, tuple[int, slice]]
    """By stream the windows of the whole batch, and those that are here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some items as tensors; only what is present is carried."""

    size: int
    """Number of items."""
    windows: dict[str, Tensor]
    """By stream, shape (present, *InputSpec.shape), float32."""
    places: dict[str, Tensor]
    """By stream, shape (present,), int64: the item of each window."""
    targets: dict[str, Tensor]
    """By task, shape (items,), float32; NaN where unknown."""
    weights: dict[str, Tensor] = field(default_factory=dict)
    """As in the data set, shape (items,), float32."""

    def presence(self, streams: Sequence[str]) -> Tensor:
        """Presence mask, shape (items, streams), bool."""
        mask = torch.zeros(self.size, len(streams), dtype=torch.bool)
        for column, name in enumerate(streams):
            mask[self.places[name], column] = True
        return mask

    def share(self, items: slice) -> Share:
        """What `part` takes of these items, in numbers."""
        start, stop, _ = items.indices(self.size)
        borders = torch.tensor([start, stop])
        found = {n: torch.searchsorted(p, borders).tolist() for n, p in self.places.items()}
        windows = {n: (len(self.places[n]), slice(first, last)) for n, (first, last) in found.items()}
        return Share(size=self.size, items=slice(start, stop), windows=windows)

    def part(self, items: slice) -> "Batch":
        """Neighbouring items of this batch, as a batch of their own."""
        start, stop, _ = items.indices(self.size)
        inside = {n: (p >= start) & (p < stop) for n, p in self.places.items()}
        return Batch(
            size=stop - start,
            windows={n: w[inside[n]] for n, w in self.windows.items()},
            places={n: p[inside[n]] - start for n, p in self.places.items()},
            targets={n: t[items] for n, t in self.targets.items()},
            weights={n: w[items] for n, w in self.weights.items()},
        )


def full_scale(dtype: str) -> float:
    """Divisor that brings integer sound to full scale 1.0; 1 for floating point."""
    kind = np.dtype(dtype)
    return float(-np.iinfo(kind).min) if kind.kind == "i" else 1.0


def collate(data: Dataset, items: NDArray[np.int64], rows: Mapping[str, NDArray[np.int64]] | None = None) -> Batch:
    """Take some items out of a data set.

    Args:
        data: All items.
        items: Indices, shape (batch,).
        rows: Rows of `data.windows` to use instead of the items' own, by stream, shape (batch,).

    Returns:
        The batch, windows as float32 in the recording's own scale.
    """
    chosen = rows or {name: table[items] for name, table in data.rows.items()}
    windows, places = {}, {}
    for name, row in chosen.items():
        here = np.flatnonzero(row != ABSENT)
        places[name] = torch.from_numpy(here)
        windows[name] = torch.from_numpy(data.windows[name][row[here]].astype(np.float32))
    targets = {task: torch.from_numpy(values[items]) for task, values in data.targets.items()}
    weights = {
        name: torch.from_numpy(values[items] if name not in (rows or {}) else _of_windows(data, name)[chosen[name]])
        for name, values in data.weights.items()
    }
    return Batch(size=len(items), windows=windows, places=places, targets=targets, weights=weights)


def _of_windows(data: Dataset, stream: str) -> NDArray[np.float32]:
    """Quality by row of a stream's windows, and 1 behind them for ABSENT: a window that is exchanged keeps its own."""
    found = np.ones(len(data.windows[stream]) + 1, np.float32)
    # ABSENT is -1, the place behind the windows, which is put right afterwards.
    found[data.rows[stream]] = data.weights[stream]
    found[ABSENT] = 1.0
    return found


def in_order(data: Dataset, size: int) -> Iterator[Batch]:
    """All items once, in their order, in batches of at most `size`."""
    for start in range(0, len(data), size):
        yield collate(data, np.arange(start, min(start + size, len(data))))
