"""Images of plain counts, of which nobody knows a temperature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.pixels.format import Raw, unreadable
from sensors.readings import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One unsigned number a pixel, handed on as it came: the image is a view of the frame."""

    name: str
    """Name of the format."""
    fourcc: str
    """What a V4L2 device is asked for."""
    dtype: str
    """numpy's name of the dtype."""
    unit: str = "1"
    """Counts have no unit."""
    size: tuple[int, int] | None = None
    """Any size will do."""

    def shape(self, width: int, height: int) -> tuple[int, int]:
        """The whole frame is image."""
        return height, width

    def decode(self, raw: Raw) -> tuple[NDArray[Any], Quality]:
        """The frame itself.

        Args:
            raw: Shape (height, width) or (height, width, 1), in this dtype.

        Returns:
            The image; SATURATED if a pixel is at the upper end. The lower end is an ordinary black.

        Raises:
            SensorReadError: another size or dtype, for instance three channels of a colour camera.
        """
        image = raw[..., 0] if raw.ndim == 3 and raw.shape[2] == 1 else raw
        if image.ndim != 2 or image.size == 0 or image.dtype != np.dtype(self.dtype):
            raise unreadable(self.name, raw, f"(height, width) or (height, width, 1), {self.dtype}")
        top = int(np.iinfo(image.dtype).max)
        return image, Quality.SATURATED if int(image.max()) == top else Quality.OK
