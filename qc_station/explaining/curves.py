"""Takes channels and spans of time out of a series."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qc_station.explaining.place import Occlusions, Place

SPANS = 5
"""In time."""


def occluded(window: NDArray[np.generic], channels: Sequence[str]) -> Occlusions:
    """The curves with each channel, and each span of each channel, held at the channel's first value.

    Args:
        window: Shape (channels, steps).
        channels: Their names.
    """
    curves = window.astype(np.float32)
    steps = curves.shape[1]
    edges = np.linspace(0, steps, min(SPANS, steps) + 1).round().astype(int).tolist()
    spans = [(0, steps), *pairwise(edges)]
    places, windows = [], []
    for turn, span in enumerate(spans):
        for number, name in enumerate(channels):
            held = curves.copy()
            held[number, span[0] : span[1]] = curves[number, 0]
            windows.append(held[None])
            whole = turn == 0
            text = name if whole else f"{name}, steps {span[0]} to {span[1] - 1}"
            x = (float(span[0]), float(span[1]))
            places.append(Place(text=text, x=x, y=(float(number), number + 1.0), whole=whole))
    return Occlusions(places=tuple(places), windows=iter(windows), way="held at its first value")
