"""A sheet to draw on: lines, texts, areas and axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
"""Blue, green, red."""
PAPER, INK, SOFT, GRID = (255, 255, 255), (45, 45, 45), (120, 120, 120), (222, 222, 222)
MARK, FAINT, ASIDE = (48, 32, 208), (190, 185, 235), (150, 120, 110)
"""What the answer hangs on most, what it hangs on less, and what it hangs on most in a stream that is not responsible."""
LINES: tuple[Colour, ...] = (
    (180, 100, 20),
    (70, 150, 40),
    (160, 70, 160),
    (20, 130, 220),
    (120, 120, 20),
    (90, 90, 90),
)
"""Of channels, over and over."""
FONT, CHARACTER = cv2.FONT_HERSHEY_SIMPLEX, 18.6
"""And the width of a character at size 1, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on a sheet, in pixels."""

    left: int
    """First column."""
    top: int
    """First row."""
    width: int
    """Columns."""
    height: int
    """Rows."""

    @property
    def right(self) -> int:
        """One after the last column."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """One after the last row."""
        return self.top + self.height

    def x(self, share: float) -> int:
        """Column at a share of the width."""
        return self.left + round(share * self.width)

    def y(self, share: float) -> int:
        """Row at a share of the height, counted from the bottom."""
        return self.bottom - round(share * self.height)


def sheet(width: int, height: int) -> Picture:
    """An empty one, shape (height, width, 3)."""
    return np.full((height, width, 3), PAPER, np.uint8)


def write(
    picture: Picture, text: str, place: tuple[int, int], *, size: float = 0.5, colour: Colour = INK, bold: bool = False
) -> None:
    """Write from a place on; what the font has no form for becomes a question mark."""
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(picture, plain, place, FONT, size, colour, 2 if bold else 1, cv2.LINE_AA)


def wrapped(text: str, width: int, size: float) -> list[str]:
    """A text in lines of at most so many pixels, broken between words."""
    most, lines = max(1, int(width / (CHARACTER * size))), [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= most or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def frame_of(picture: Picture, box: Box, colour: Colour = SOFT, thickness: int = 1) -> None:
    """The border of a box."""
    cv2.rectangle(picture, (box.left, box.top), (box.right - 1, box.bottom - 1), colour, thickness)


def paste(picture: Picture, box: Box, image: NDArray[Any], *, smooth: bool = False) -> None:
    """An image of blue, green and red from 0 to 255, stretched over a box."""
    way = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
    picture[box.top : box.bottom, box.left : box.right] = cv2.resize(image, (box.width, box.height), interpolation=way)


def tint(picture: Picture, box: Box, strength: NDArray[np.float64]) -> None:
    """Redden a box.

    Args:
        picture: Is changed.
        box: Where.
        strength: 0 to 1, shape (rows, columns), stretched over the box.
    """
    share = cv2.resize(strength, (box.width, box.height), interpolation=cv2.INTER_LINEAR)[:, :, None] * 0.65
    here = picture[box.top : box.bottom, box.left : box.right]
    here[:] = np.rint((1.0 - share) * here + share * np.array(MARK)).astype(np.uint8)


def curve(
    picture: Picture, box: Box, x: NDArray[np.float64], y: NDArray[np.float64], colour: Colour, thickness: int = 1
) -> None:
    """A line through points, given as shares of the box from its lower left corner, shape (points,) each."""
    points = np.stack([box.left + x * box.width, box.bottom - y * box.height], axis=1)
    cv2.polylines(picture, [np.rint(points).astype(np.int32)], False, colour, thickness, cv2.LINE_AA)


def ticks_below(picture: Picture, box: Box, ticks: Sequence[tuple[float, str]]) -> None:
    """Marks under a box: share of its width and text."""
    for share, text in ticks:
        cv2.line(picture, (box.x(share), box.bottom), (box.x(share), box.bottom + 4), SOFT, 1)
        write(picture, text, (box.x(share) - round(len(text) * 3.7), box.bottom + 19), size=0.4, colour=SOFT)


def said_below(picture: Picture, box: Box, text: str) -> None:
    """What the axes of a box are, between its outer marks; nothing where there is no room for it."""
    width = round(len(text) * 7.4)
    if width + 130 <= box.width:
        write(picture, text, (box.x(0.5) - width // 2, box.bottom + 19), size=0.4, colour=SOFT)


def ticks_left(picture: Picture, box: Box, ticks: Sequence[tuple[float, str]]) -> None:
    """Marks on the left of a box: share of its height and text."""
    for share, text in ticks:
        cv2.line(picture, (box.left - 5, box.y(share)), (box.left - 1, box.y(share)), SOFT, 1)
        write(picture, text, (box.left - 10 - round(len(text) * 7.4), box.y(share) + 4), size=0.4, colour=SOFT)


def bar(picture: Picture, box: Box, share: float, colour: Colour) -> None:
    """A bar from the left of a box over a share of its width."""
    if share > 0:
        cv2.rectangle(picture, (box.left, box.top), (box.x(min(share, 1.0)), box.bottom - 1), colour, -1)
