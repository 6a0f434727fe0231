"""Takes patches out of an image."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qc_station.explaining.place import Occlusions, Place

PATCH = 0.25
"""Side of a patch, as a share of the frame's shorter side."""


def occluded(window: NDArray[np.generic], good: Sequence[NDArray[np.generic]] = ()) -> Occlusions:
    """The frames without each of many overlapping patches, which continue what surrounds them, or are of good parts.

    The median of the frame would put a hole of the background's temperature into a warm part, and that of the
    surroundings would bite a piece out of its edge; a network finds both strange, whatever was there.

    Args:
        window: Shape (frames, height, width); a patch is taken out of all frames.
        good: Windows of good parts of the same shape, whose patches are to stand there instead; none: what surrounds it.
    """
    frames = window.astype(np.float32)
    height, width = frames.shape[1:]
    side = max(2, round(PATCH * min(height, width)))
    step = max(1, side // 3)
    corners = [(y, x) for y in starts(height, side, step) for x in starts(width, side, step)]
    places = tuple(
        Place(
            text=f"columns {x} to {x + side - 1}, rows {y} to {y + side - 1}",
            x=(float(x), float(x + side)),
            y=(float(y), float(y + side)),
            whole=False,
        )
        for y, x in corners
    )
    way = "as in a good part" if good else "as its surroundings"
    return Occlusions(places=places, windows=_windows(frames, corners, side, good), way=way)


def _windows(
    frames: NDArray[np.float32], corners: list[tuple[int, int]], side: int, good: Sequence[NDArray[np.generic]]
) -> Iterator[NDArray[np.float32]]:
    for y, x in corners:
        here = np.s_[:, y : y + side, x : x + side]
        filled = np.repeat(frames[None], max(1, len(good)), axis=0)
        for way, other in zip(filled, [one[here] for one in good] or [continued(frames, y, x, side)], strict=True):
            way[here] = other
        yield filled


def starts(length: int, side: int, step: int) -> list[int]:
    """Where patches begin along one axis, the last one at the edge."""
    return sorted({*range(0, length - side + 1, step), max(0, length - side)})


def continued(frames: NDArray[np.float32], y: int, x: int, side: int) -> NDArray[np.float32]:
    """What a patch would hold if its border went on through it, shape (frames, rows, columns of the patch).

    Coons 1967 (MIT MAC-TR-41): linear between left and right border, plus linear between top and bottom, less linear
    between the corners, so that an edge that crosses the patch crosses it still. At the edge of the frame, where a border
    is missing, the opposite one stands for it.
    """
    height, width = frames.shape[1:]
    rows, columns = np.arange(y, min(y + side, height)), np.arange(x, min(x + side, width))
    top, bottom = _ends(rows, height)
    left, right = _ends(columns, width)
    down = ((rows - rows[0] + 1) / (len(rows) + 1))[:, None].astype(np.float32)
    along = ((columns - columns[0] + 1) / (len(columns) + 1)).astype(np.float32)
    border = frames[:, [top, bottom]]
    sides = (1 - along) * frames[:, rows, left][:, :, None] + along * frames[:, rows, right][:, :, None]
    ends = (1 - down) * border[:, :1, columns] + down * border[:, 1:, columns]
    four = border[:, :, [left, right]][..., None]
    upper, lower = ((1 - along) * four[:, n, 0] + along * four[:, n, 1] for n in (0, 1))
    corners = (1 - down) * upper[:, None] + down * lower[:, None]
    return np.asarray(sides + ends - corners)


def _ends(inside: NDArray[np.int64], length: int) -> tuple[int, int]:
    """The places before and after some; the other one, or the nearest, where the frame ends."""
    before, after = int(inside[0]) - 1, int(inside[-1]) + 1
    if before < 0:
        before = after if after < length else 0
    return before, after if after < length else before


def heat(shape: tuple[int, int], places: tuple[Place, ...], falls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean fall of the patches that cover each pixel, shape (height, width)."""
    total, count = np.zeros(shape), np.zeros(shape)
    for place, fall in zip(places, falls, strict=True):
        here = np.s_[int(place.y[0]) : int(place.y[1]), int(place.x[0]) : int(place.x[1])]
        total[here] += fall
        count[here] += 1
    return np.asarray(total / np.maximum(count, 1))
