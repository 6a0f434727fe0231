"""InfiRay P2 Pro and its sisters (Topdon TC001 and others): a picture and temperatures in one frame.

The camera calls itself YUYV of 256 x 384 pixels. The upper 192 rows are the picture, which is ignored; the lower 192
rows carry 16 bits a pixel, low byte first, in units of 1/64 kelvin. Source: the viewers written for these cameras,
LeoDJ/P2Pro-Viewer and leswright1977/PyThermalCamera, which agree; there is no public data sheet.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.pixels.format import Raw, celsius, saturation_of_kelvin, unreadable
from sensors.readings import Quality

WIDTH, HEIGHT = 256, 192
COUNTS_PER_KELVIN = 64.0
FRAME_BYTES = 2 * HEIGHT * WIDTH * 2
"""Picture and temperatures, two bytes a pixel."""


class Infiray:
    """The temperatures in the lower half."""

    fourcc = "YUYV"
    unit = "Cel"
    size = (WIDTH, 2 * HEIGHT)

    def shape(self, width: int, height: int) -> tuple[int, int]:
        """The lower half of the frame."""
        return height // 2, width

    def decode(self, raw: Raw) -> tuple[NDArray[Any], Quality]:
        """Degrees Celsius.

        Args:
            raw: 196608 bytes, uint8: shape (384, 256, 2), or in a row as some versions of OpenCV deliver them.

        Returns:
            Shape (192, 256), float32; SATURATED if a pixel is at an end of 16 bits.

        Raises:
            SensorReadError: another size or dtype.
        """
        in_rows = raw.shape == (2 * HEIGHT, WIDTH, 2)
        if raw.dtype != np.uint8 or raw.size != FRAME_BYTES or not (in_rows or max(raw.shape) == FRAME_BYTES):
            raise unreadable("infiray", raw, f"({2 * HEIGHT}, {WIDTH}, 2) or {FRAME_BYTES} in a row, uint8")
        counts = raw.reshape(-1)[FRAME_BYTES // 2 :].view("<u2").reshape(HEIGHT, WIDTH)
        return celsius(counts, COUNTS_PER_KELVIN), saturation_of_kelvin(counts)


PIXELS = Infiray()
