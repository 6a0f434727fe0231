"""A part's alignment as a picture: every stream on one time axis, with windows, gaps and the trigger."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from qc_station.pictures.part import AlignedPart
from qc_station.pictures.timeline import Timeline, timelines
from sensors.errors import QCError

WIDTH, BAND, LEFT, TOP = 1400, 150, 130, 60
"""Pixels: of the picture, of one stream, left of the axis, above the first stream."""
PAPER, INK, PALE, WINDOW, LOST, TRIGGER, SKEW = (
    (255, 255, 255),
    (60, 60, 60),
    (190, 190, 190),
    (250, 225, 190),
    (60, 60, 220),
    (40, 40, 200),
    (30, 120, 30),
)
"""Blue, green, red."""
LINES = ((170, 90, 20), (60, 140, 40), (150, 60, 150), (20, 120, 200))
"""Of channels, over and over."""
Picture = NDArray[np.uint8]


def draw(part: AlignedPart) -> Picture:
    """The picture, shape (height, width, 3), BGR."""
    found = timelines(part)
    around_s = part.around_ns / 1e9
    picture = np.full((TOP + BAND * len(found) + 40, WIDTH, 3), PAPER, np.uint8)
    _write(picture, f"part {part.snapshot.part}", (LEFT, 30), 0.7)
    for number, one in enumerate(found):
        _stream(picture[TOP + BAND * number : TOP + BAND * (number + 1)], one, around_s)
    _axis(picture, around_s, TOP + BAND * len(found))
    return picture


def save(picture: Picture, path: Path) -> None:
    """Write the picture; the ending says how.

    Raises:
        QCError: the ending is of no picture, or the file cannot be written.
    """
    try:
        done = cv2.imwrite(str(path), picture)
    except cv2.error as error:
        raise QCError(f"{path}: cannot be written as a picture; name a file that ends in .png") from error
    if not done:
        raise QCError(f"{path}: cannot be written; look at the folder and its rights")


def _stream(band: Picture, one: Timeline, around_s: float) -> None:
    if one.window_s is not None:
        # A single frame or an empty window is still to be seen.
        begin, end = _x(np.array(one.window_s), around_s)
        cv2.rectangle(band, (int(begin), 24), (max(int(end), int(begin) + 2), BAND - 14), WINDOW, -1)
    if one.samples.ndim == 3:
        _frames(band, one, around_s)
    elif one.samples.size:
        _lines(band, one, around_s)
    for begin_s, end_s in one.gaps_s:
        begin, end = _x(np.array([begin_s, end_s]), around_s)
        cv2.rectangle(band, (int(begin), BAND - 14), (max(int(end), int(begin) + 2), BAND - 6), LOST, -1)
    cv2.line(band, (int(_x(np.zeros(1), around_s)[0]), 20), (int(_x(np.zeros(1), around_s)[0]), BAND), TRIGGER, 1)
    if one.window_s is not None:
        _skew(band, one, around_s)
    _write(band, one.name, (8, BAND // 2), 0.55)
    _write(band, one.text, (LEFT, 16), 0.45)


def _skew(band: Picture, one: Timeline, around_s: float) -> None:
    """A tick when the sensor saw the part, a line from there to the sample that was taken, a whisker of how well it is known."""
    found_s = one.wanted_s + one.skew_s
    moments = np.array([one.wanted_s, found_s, found_s - one.uncertainty_s, found_s + one.uncertainty_s])
    wanted, found, least, most = (int(x) for x in np.rint(_x(moments, around_s)))
    # What is finer than a pixel is still to be seen.
    least, most = min(least, found - 1), max(most, found + 1)
    cv2.line(band, (wanted, BAND - 30), (wanted, BAND - 18), SKEW, 1)
    cv2.line(band, (wanted, BAND - 24), (found, BAND - 24), SKEW, 1)
    cv2.line(band, (least, BAND - 20), (most, BAND - 20), SKEW, 1)
    for end in (least, most):
        cv2.line(band, (end, BAND - 22), (end, BAND - 18), SKEW, 1)


def _lines(band: Picture, one: Timeline, around_s: float) -> None:
    """Least and largest of what falls on one column of pixels; each channel on its own scale."""
    columns = _x(one.times_s, around_s).astype(np.int64)
    edges = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    for channel in range(one.samples.shape[1]):
        values = one.samples[:, channel].astype(np.float64)
        scale = max(float(np.ptp(values)), 1e-12)
        heights = 28 + (BAND - 46) * (1.0 - (values - values.min()) / scale)
        points = np.empty((2 * len(edges), 2), np.int32)
        points[:, 0] = np.repeat(columns[edges], 2)
        points[0::2, 1], points[1::2, 1] = np.minimum.reduceat(heights, edges), np.maximum.reduceat(heights, edges)
        cv2.polylines(band, [points], False, LINES[channel % len(LINES)], 1, cv2.LINE_AA)


def _frames(band: Picture, one: Timeline, around_s: float) -> None:
    """Small pictures at their time, on one scale: first those that were taken, then as many as there is room for."""
    low, high = float(one.samples.min()), float(one.samples.max())
    side = BAND - 46
    width = max(8, round(side * one.samples.shape[2] / one.samples.shape[1]))
    places = _x(one.times_s, around_s).astype(int).tolist()
    for x in places:
        cv2.line(band, (x, BAND - 16), (x, BAND - 8), INK, 1)
    for number in shown(places, one.taken, width):
        frame, x = one.samples[number], places[number]
        grey = ((frame.astype(np.float64) - low) / max(high - low, 1e-12) * 255).astype(np.uint8)
        small = cv2.resize(grey, (width, side), interpolation=cv2.INTER_NEAREST)
        band[28 : 28 + side, x : x + width] = cv2.applyColorMap(small, cv2.COLORMAP_INFERNO)


def shown(places: Sequence[int], taken: Sequence[int], width: int) -> list[int]:
    """Numbers of the frames for which there is room beside the others, those that were taken before all.

    Args:
        places: Left edge of each frame's small picture.
        taken: Numbers of the frames in the window; of several the last, which is the nearest, goes first.
        width: Of a small picture.
    """
    chosen: list[int] = []
    for number in [*reversed(taken), *range(len(places))]:
        x = places[number]
        free = all(abs(x - places[other]) >= width + 4 for other in chosen)
        if free and x >= LEFT and x + width < WIDTH:
            chosen.append(number)
    return chosen


def _axis(picture: Picture, around_s: float, y: int) -> None:
    for step in range(-4, 5):
        time_s = around_s * step / 4
        x = int(_x(np.array([time_s]), around_s)[0])
        cv2.line(picture, (x, TOP), (x, y), PALE if step else TRIGGER, 1)
        _write(picture, f"{1e3 * time_s:+.0f} ms", (x - 30, y + 22), 0.42)


def _x(times_s: NDArray[np.float64], around_s: float) -> NDArray[np.float64]:
    """Column of a time, held within the axis."""
    column = LEFT + (times_s / around_s + 1.0) / 2.0 * (WIDTH - LEFT - 40)
    return np.asarray(np.clip(column, LEFT, WIDTH - 40))


def _write(picture: Any, text: str, place: tuple[int, int], size: float) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, INK, 1, cv2.LINE_AA)
