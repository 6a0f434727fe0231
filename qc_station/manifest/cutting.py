"""Long recordings as windows, and the windows of a part's streams side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.config.station import StreamConfig
from qc_station.errors import ManifestError

Windows = Sequence[NDArray[Any]]


def cut(recording: NDArray[Any], stream: StreamConfig) -> Windows:
    """The windows of one recording; what is left after the last whole one is not used.

    Args:
        recording: Shape (channels, samples), (frames, height, width) or (channels, steps).
        stream: Says how long a window is and how far apart two begin.

    Raises:
        ManifestError: The recording is shorter than one window.
    """
    axis = 0 if stream.kind == "image" else -1
    length, window = recording.shape[axis], stream.window_length
    if length < window:
        raise ManifestError(f"{length} {_unit(stream)}, shorter than the window; allowed: {window} or more")
    if length == window:
        return [recording]
    starts = range(0, length - window + 1, stream.hop_length)
    return [np.ascontiguousarray(recording.take(range(start, start + window), axis=axis)) for start in starts]


def side_by_side(cuts: Mapping[str, Windows]) -> list[dict[str, NDArray[Any]]]:
    """One dict of windows per item; a stream with a single window is shared by all of them.

    Raises:
        ManifestError: Two streams were cut into different numbers of windows.
    """
    counts = {stream: len(windows) for stream, windows in cuts.items()}
    longest = max(counts.values())
    if any(count not in {1, longest} for count in counts.values()):
        shown = ", ".join(f"{stream} {count}" for stream, count in counts.items())
        raise ManifestError(f"cut into different numbers of windows ({shown}); allowed: the same number, or one")
    return [
        {stream: windows[index if len(windows) > 1 else 0] for stream, windows in cuts.items()}
        for index in range(longest)
    ]


def names(item: str, count: int) -> list[str]:
    """Names of a recording's items: its own, or NAME#0, NAME#1, ... where there are several."""
    return [item] if count == 1 else [f"{item}#{index}" for index in range(count)]


def _unit(stream: StreamConfig) -> str:
    return {"waveform": "samples", "image": "frames"}.get(stream.kind, "steps")
