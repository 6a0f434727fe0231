"""A camera's frames seen as the part's window."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from qc_station.config.station import StreamConfig
from qc_station.view.applied import Outline

Frames = NDArray[Any]
"""Shape (frames, height, width); uint8, uint16 or float32."""
Points = NDArray[np.float64]
"""Shape (points, 2): x and y in pixels from the top left corner, so that the middle of the first pixel is 0.5, 0.5."""
FINEST = 8
"""How many times finer than the window a perspective is sampled at most before it is averaged down."""


def outline_of_region(x: float, y: float, width: float, height: float) -> Outline:
    """The corners of an upright rectangle."""
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


class View:
    """Maps one camera's frames onto the window; the same for every frame.

    A region is cut and, where its size is not the window's, made smaller by averaging or larger by straight lines
    between pixels. Four corners are mapped onto the window by the projective transform between the two planes
    (`cv2.getPerspectiveTransform`), so that several cameras that look at one part from different sides agree about it.
    The sample type stays. A view of the whole frame in its own size does nothing and costs nothing.
    """

    def __init__(
        self,
        *,
        sensor: tuple[int, int],
        window: tuple[int, int],
        region: tuple[int, int, int, int] | None = None,
        corners: Outline | None = None,
    ) -> None:
        """Prepare the mapping.

        Args:
            sensor: Rows and columns of the camera's frame.
            window: Rows and columns of the window.
            region: x, y, width, height in the camera's frame; None: the whole frame.
            corners: In the camera's frame, instead of a region; convex, clockwise from the part's top left.
        """
        self.sensor, self.window = sensor, window
        self._region = region or (0, 0, sensor[1], sensor[0])
        self.outline = corners or outline_of_region(*self._region)
        """What of the camera's frame becomes the window."""
        self.flat = corners is None
        """Whether it is a region, whose pixels are cut and not bent."""
        self.identity = self.flat and self._region == (0, 0, window[1], window[0]) and sensor == window
        """Whether the window is the frame as it is."""

    @classmethod
    def of(cls, stream: StreamConfig) -> "View":
        """The view that an image stream's table describes."""
        rows, columns = stream.window_shape[1:]
        return cls(sensor=stream.sensor_size, window=(rows, columns), region=stream.region, corners=stream.corners)

    def apply(self, frames: Frames) -> Frames:
        """The window of each frame.

        Args:
            frames: Shape (frames, sensor rows, sensor columns).

        Returns:
            Shape (frames, window rows, window columns), same dtype; the very frames, or a view of them, where no pixel
            has to be computed.

        Raises:
            ValueError: the frames have another size.
        """
        if frames.shape[1:] != self.sensor:
            raise ValueError(f"frames of {frames.shape[1:]} (rows, columns); this view takes {self.sensor}")
        if self.identity:
            return frames
        return self._cut(frames) if self.flat else self._bent(frames)

    def to_window(self, points: Points) -> Points:
        """Where points of the camera's frame lie in the window."""
        return _moved(self._forward, points)

    def to_sensor(self, points: Points) -> Points:
        """Where points of the window lie in the camera's frame."""
        return _moved(_inverse(self._forward), points)

    def on_sensor(self, picture: Frames) -> Frames:
        """A window-sized picture (a heat map, say) laid back onto the camera's frame, for showing.

        Args:
            picture: Shape (window rows, window columns), uint8, uint16 or float32.

        Returns:
            Shape (sensor rows, sensor columns), same dtype; 0 outside the outline.
        """
        rows, columns = self.sensor
        return _warped(picture, _inverse(self._forward), (columns, rows), cv2.BORDER_CONSTANT)

    @cached_property
    def _forward(self) -> NDArray[np.float64]:
        """From points of the frame to points of the window; shape (3, 3)."""
        rows, columns = self.window
        target = outline_of_region(0, 0, columns, rows)
        source = np.array(self.outline, np.float32)
        return np.asarray(cv2.getPerspectiveTransform(source, np.array(target, np.float32)), np.float64)

    def _cut(self, frames: Frames) -> Frames:
        x, y, width, height = self._region
        cut = frames[:, y : y + height, x : x + width]
        if (height, width) == self.window:
            return cut
        return np.stack([_resized(frame, self.window) for frame in cut])

    def _bent(self, frames: Frames) -> Frames:
        rows, columns = self.window
        fine, forward = self._fine.steps, self._fine.forward
        bent = [_warped(frame, forward, (columns * fine, rows * fine), cv2.BORDER_REPLICATE) for frame in frames]
        return np.stack(bent if fine == 1 else [_resized(frame, self.window) for frame in bent])

    @cached_property
    def _fine(self) -> "_Fine":
        """A perspective takes one point per pixel; where many pixels become one, points in between are averaged."""
        lengths = [math.dist(a, b) for a, b in pairwise((*self.outline, self.outline[0]))]
        rows, columns = self.window
        ratio = max(max(lengths[::2]) / columns, max(lengths[1::2]) / rows)
        steps = min(FINEST, max(1, math.ceil(ratio - 0.01)))
        return _Fine(steps=steps, forward=np.diag([steps, steps, 1.0]) @ self._forward)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fine:
    """How a perspective is sampled."""

    steps: int
    """Points along each side of a pixel of the window."""
    forward: NDArray[np.float64]
    """From points of the frame to points of the finer window; shape (3, 3)."""


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _moved(matrix: NDArray[np.float64], points: Points) -> Points:
    """Points through a projective transform."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


def _warped(frame: Frames, matrix: NDArray[np.float64], size: tuple[int, int], border: int) -> Frames:
    """A frame through a transform between points; OpenCV counts from the middle of the first pixel, we from its corner."""
    half = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    between_middles = _inverse(half) @ matrix @ half
    return cv2.warpPerspective(frame, between_middles, size, flags=cv2.INTER_LINEAR, borderMode=border)


def _resized(frame: Frames, size: tuple[int, int]) -> Frames:
    """A frame in rows and columns: averaged where there are fewer, straight lines between pixels where there are more."""
    rows, columns = (min(old, new) for old, new in zip(frame.shape, size, strict=True))
    smaller = (
        frame if frame.shape == (rows, columns) else cv2.resize(frame, (columns, rows), interpolation=cv2.INTER_AREA)
    )
    if smaller.shape == size:
        return smaller
    return cv2.resize(smaller, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
