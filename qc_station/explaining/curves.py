"""Takes channels and spans of time out of a series."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qc_station.explaining.place import Occlusions, Place

SPANS = 5
"""In time."""


def occluded(
    window: NDArray[np.generic], channels: Sequence[str], good: Sequence[NDArray[np.generic]] = ()
) -> Occlusions:
    """The curves with each channel, and each span of each channel, held at the channel's first value, or as in good parts.

    Args:
        window: Shape (channels, steps).
        channels: Their names.
        good: Windows of good parts of the same shape, whose curves are to stand there instead; none: the first value.
    """
    curves = window.astype(np.float32)
    steps = curves.shape[1]
    edges = np.linspace(0, steps, min(SPANS, steps) + 1).round().astype(int).tolist()
    spans = [(0, steps), *pairwise(edges)]
    places, windows = [], []
    for turn, span in enumerate(spans):
        for number, name in enumerate(channels):
            here = np.s_[number, span[0] : span[1]]
            held = np.repeat(curves[None], max(1, len(good)), axis=0)
            held[:, *here] = [_begun(one[number], curves[number, 0])[here[1]] for one in good] or curves[number, 0]
            windows.append(held)
            whole = turn == 0
            text = name if whole else f"{name}, steps {span[0]} to {span[1] - 1}"
            x = (float(span[0]), float(span[1]))
            places.append(Place(text=text, x=x, y=(float(number), number + 1.0), whole=whole))
    way = "as in a good part" if good else "held at its first value"
    return Occlusions(places=tuple(places), windows=iter(windows), way=way)


def _begun(curve: NDArray[np.generic], first: np.float32) -> NDArray[np.float32]:
    """A curve that begins at another value: gas sensors wander from part to part, their response is a share of it."""
    plain = curve.astype(np.float32)
    return np.asarray(plain * (first / plain[0]) if plain[0] else plain + first)
