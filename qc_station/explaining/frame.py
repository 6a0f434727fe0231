"""Takes patches out of an image."""

import numpy as np
from numpy.typing import NDArray

from qc_station.explaining.place import Occlusions, Place

PATCH = 0.25
"""Side of a patch, as a share of the frame's shorter side."""


def occluded(window: NDArray[np.generic]) -> Occlusions:
    """The frames without each of many overlapping patches, filled with the median of what surrounds them.

    The median of the whole frame would put a hole of the background's temperature into a warm part, which is itself
    strange.

    Args:
        window: Shape (frames, height, width); a patch is taken out of all frames.
    """
    frames = window.astype(np.float32)
    height, width = frames.shape[1:]
    side = max(2, round(PATCH * min(height, width)))
    step = max(1, side // 3)
    corners = [(y, x) for y in starts(height, side, step) for x in starts(width, side, step)]
    windows = np.repeat(frames[None, None], len(corners), axis=0)
    for filled, (y, x) in zip(windows[:, 0], corners, strict=True):
        filled[:, y : y + side, x : x + side] = around(frames, y, x, side)[:, None, None]
    places = tuple(
        Place(
            text=f"columns {x} to {x + side - 1}, rows {y} to {y + side - 1}",
            x=(float(x), float(x + side)),
            y=(float(y), float(y + side)),
            whole=False,
        )
        for y, x in corners
    )
    return Occlusions(places=places, windows=windows, way="as its surroundings")


def starts(length: int, side: int, step: int) -> list[int]:
    """Where patches begin along one axis, the last one at the edge."""
    return sorted({*range(0, length - side + 1, step), max(0, length - side)})


def around(frames: NDArray[np.float32], y: int, x: int, side: int) -> NDArray[np.float32]:
    """Median of the pixels that touch a patch, shape (frames,)."""
    near = np.zeros(frames.shape[1:], np.bool_)
    near[max(0, y - 1) : y + side + 1, max(0, x - 1) : x + side + 1] = True
    near[y : y + side, x : x + side] = False
    if not near.any():
        near[:] = True
    return np.asarray(np.median(frames[:, near], axis=1), np.float32)


def heat(shape: tuple[int, int], places: tuple[Place, ...], falls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean fall of the patches that cover each pixel, shape (height, width)."""
    total, count = np.zeros(shape), np.zeros(shape)
    for place, fall in zip(places, falls, strict=True):
        here = np.s_[int(place.y[0]) : int(place.y[1]), int(place.x[0]) : int(place.x[1])]
        total[here] += fall
        count[here] += 1
    return np.asarray(total / np.maximum(count, 1))
