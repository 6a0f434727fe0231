"""Frames of a GY-MCU90640 thermal module; the layout stands in `sensors.protocols.mlx90640`."""

import numpy as np
from numpy.typing import NDArray

from sensors.protocols.mlx90640 import HEADER, HEIGHT, WIDTH
from sensors.readings import Samples

ZERO_CELSIUS_CK = 27315
"""Hundredths of a kelvin at 0 degrees Celsius."""


class Mlx90640Encoder:
    """One frame for each image of 24 x 32 pixels in hundredths of a kelvin."""

    header = b""

    def chunks(self, data: Samples, device_ns: int) -> list[bytes]:  # noqa: ARG002
        """A frame for each image, shape (frames, 24, 32), uint16, cK.

        Raises:
            ValueError: another size; the module has this one only.
        """
        if data.shape[1:] != (HEIGHT, WIDTH):
            raise ValueError(f"images of {data.shape[1:]} pixels; a GY-MCU90640 has ({HEIGHT}, {WIDTH})")
        hundredths = np.clip(data.astype(np.int32) - ZERO_CELSIUS_CK, -32768, 32767).astype("<i2")
        return [_frame(image) for image in hundredths]


def _frame(image: NDArray[np.int16]) -> bytes:
    """One image with header, the sensor's own temperature and the sum of all bytes."""
    # The sensor itself is about as warm as the coldest that it sees: the room.
    body = b"".join((HEADER, image.tobytes(), image.min().tobytes()))
    return body + (sum(body) % 65536).to_bytes(2, "little")
