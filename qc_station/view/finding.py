"""Finds the part itself in a frame: the largest warm or bright figure with four corners."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from qc_station.config.geometry import convex
from qc_station.errors import CalibrationError
from qc_station.view.applied import Outline
from qc_station.view.preview import grey

SMALLEST, LARGEST = 0.01, 0.95
"""Share of the frame that a part covers."""
CLEAREST = 4.0
"""How many times farther apart the middles of part and surroundings have to be than their pixels spread."""
ENDS, BESIDE, FEWEST = 0.15, 3.0, 4
"""Of a side its ends are left out, and its pixels lie so near to it; a line needs so many of them."""
NOT_PARALLEL = 0.2
"""Sine of the angle at which two sides meet at least."""
BEYOND = "nobody sees where it ends; move the camera or the part, or give the corners by hand"
STRAIGHT = 0.03
"""How far a side may bulge from a straight line, as a share of the figure's way around."""


def find_part(frame: NDArray[Any]) -> Outline:
    """Propose the corners of the part.

    Warm is told from cold by Otsu's threshold (N. Otsu, 1979); the outline of the largest warm figure is taken where
    four straight sides describe it, else the smallest rectangle around it, turned as it has to be.

    Args:
        frame: Shape (height, width), any real dtype; higher is warmer.

    Returns:
        Clockwise from the corner nearest to the frame's top left.

    Raises:
        CalibrationError: nothing stands out, or what does is too small, fills the frame or goes on beyond its border.
    """
    pixels = _largest(_warm(frame))
    figure = _hull(pixels)
    share = cv2.contourArea(figure) / frame.size
    if not SMALLEST <= share <= LARGEST:
        raise CalibrationError(
            f"the largest warm figure covers {share:.1%} of the frame; needed: {SMALLEST:.0%} to {LARGEST:.0%}; give the "
            "corners by hand"
        )
    rows, columns = frame.shape
    if _outside(pixels, 1, (columns - 2, rows - 2)):
        raise CalibrationError(f"the largest warm figure touches the border of the frame: {BEYOND}")
    sides = cv2.approxPolyDP(figure, STRAIGHT * cv2.arcLength(figure, closed=True), closed=True)[:, 0]
    points = sides if len(sides) == 4 else cv2.boxPoints(cv2.minAreaRect(figure))
    outline = _ordered(_straightened(np.asarray(points, np.float64), pixels + 0.5))
    if _outside(np.array(outline), 0, (columns, rows)):
        raise CalibrationError(f"the sides of the warm figure meet outside of the frame, at {outline}: {BEYOND}")
    if not convex(outline):
        raise CalibrationError(f"the warm figure has no four corners: {outline}; give the corners by hand")
    return outline


def _outside(points: NDArray[np.float64], least: int, most: tuple[int, int]) -> bool:
    """Whether one of the points, shape (points, 2), lies below the least x or y or above the most of its own."""
    return bool((points < least).any() or (points > most).any())


def _warm(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """1 where the frame is warm; shape as the frame."""
    # A dead pixel is no part.
    shown = cv2.medianBlur(grey(frame), 3)
    _, mask = cv2.threshold(shown, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    warm, cold = shown[mask > 0].astype(np.float64), shown[mask == 0].astype(np.float64)
    spread = math.sqrt((warm.var() * warm.size + cold.var() * cold.size) / shown.size) if warm.size and cold.size else 0
    apart = float(warm.mean() - cold.mean()) if warm.size and cold.size else 0.0
    if apart <= CLEAREST * spread:
        raise CalibrationError(
            f"nothing stands out: warm and cold pixels are {apart:.0f} grey values apart and spread by {spread:.1f}; "
            f"needed: {CLEAREST:g} times as far apart; give the corners by hand"
        )
    return np.asarray(mask, np.uint8)


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The outermost pixels of the largest figure, x and y by their number; shape (pixels, 2)."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(max(contours, key=cv2.contourArea)[:, 0], np.float64)


def _hull(pixels: NDArray[np.float64]) -> NDArray[np.float32]:
    """Around the pixels, their outer edges included; shape (points, 1, 2), float32."""
    edges = np.concatenate([pixels + np.array(corner) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))])
    return np.asarray(cv2.convexHull(edges.astype(np.float32)), np.float32)


def _straightened(corners: NDArray[np.float64], middles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners where the lines through the middle of each side meet: a corner itself is round by lens and filter.

    Args:
        corners: Roughly; shape (4, 2).
        middles: Of the outermost pixels; shape (pixels, 2).
    """
    lines = [_side(a, b, middles) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
    if any(line is None for line in lines):
        return corners
    pairs = [(lines[n - 1], lines[n]) for n in range(4)]
    normals = [np.array([a[0], b[0]]) for a, b in pairs if a and b]
    if any(abs(np.linalg.det(normal)) < NOT_PARALLEL for normal in normals):
        return corners
    ends = [np.array([a[1], b[1]]) for a, b in pairs if a and b]
    return np.array([np.linalg.solve(normal, end) for normal, end in zip(normals, ends, strict=True)])


def _side(
    begin: NDArray[np.float64], end: NDArray[np.float64], middles: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float] | None:
    """The line along a side as normal and distance; None where too few pixels lie on it."""
    length = float(np.hypot(*(end - begin)))
    if length < 1:
        return None
    along = (end - begin) / length
    normal = np.array([-along[1], along[0]])
    place, beside = (middles - begin) @ along / length, np.abs((middles - begin) @ normal)
    near = middles[(place > ENDS) & (place < 1 - ENDS) & (beside < max(BESIDE, ENDS * length))]
    if len(near) < FEWEST:
        return None
    centre = near.mean(axis=0)
    fitted = np.linalg.svd(near - centre, full_matrices=False)[2][1]
    outward = fitted * np.sign(fitted @ (centre - middles.mean(axis=0)))
    # The edge passes half a pixel outside of the middles of the pixels that are still inside.
    return outward, float(centre @ outward) + 0.5 * float(np.abs(outward).max())


def _ordered(points: NDArray[Any]) -> Outline:
    """Clockwise from the corner nearest to the top left, in tenths of a pixel."""
    middle = points.mean(axis=0)
    around = sorted(points.tolist(), key=lambda p: math.atan2(p[1] - middle[1], p[0] - middle[0]))
    first = min(range(4), key=lambda n: sum(around[n]))
    a, b, c, d = ((round(x, 1), round(y, 1)) for x, y in around[first:] + around[:first])
    return a, b, c, d
