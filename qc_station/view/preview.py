"""What a person looks at to see whether a view is right: the frame with the outline, and the window beside it."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from qc_station.view.view import View

HEIGHT = 480
"""Rows of the picture."""
BETWEEN = 16
"""Columns between the two halves."""
COLOUR = (0, 200, 255)
"""Of the outline: amber, as blue, green, red."""


def grey(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """A frame stretched over 256 grey values, without the outermost thousandth on either side.

    Args:
        frame: Shape (height, width), any real dtype.
    """
    low, high = (float(level) for level in np.percentile(frame, (0.1, 99.9)))
    if high <= low:
        return np.zeros(frame.shape, np.uint8)
    return np.asarray(np.clip((frame - low) * (255.0 / (high - low)), 0, 255), np.uint8)


def preview(frame: NDArray[Any], view: View) -> NDArray[np.uint8]:
    """Draw a frame with its outline, the first corner marked, and the window as it becomes.

    Args:
        frame: Shape (sensor rows, sensor columns), any real dtype of an image.
        view: Of frames of this size.

    Returns:
        Shape (height, width, 3), uint8, in OpenCV's order of colours.
    """
    scale = HEIGHT / frame.shape[0]
    left = _enlarged(grey(frame), frame.shape)
    corners = np.round(np.array(view.outline) * scale).astype(np.int32)
    cv2.polylines(left, [corners], isClosed=True, color=COLOUR, thickness=2, lineType=cv2.LINE_AA)
    cv2.circle(left, corners[0].tolist(), 6, COLOUR, thickness=-1, lineType=cv2.LINE_AA)
    window = view.apply(frame[None])[0]
    between = np.full((HEIGHT, BETWEEN, 3), 255, np.uint8)
    return np.hstack([left, between, _enlarged(grey(window), window.shape)])


def _enlarged(picture: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A grey picture in colour and as high as all of them; its pixels stay to be seen."""
    width = max(1, round(shape[1] * HEIGHT / shape[0]))
    large = cv2.resize(picture, (width, HEIGHT), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR), np.uint8)
