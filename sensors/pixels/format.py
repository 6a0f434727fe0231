"""The contract of a pixel format, and how one is found by its name."""

import importlib
import pkgutil
from typing import Any, Protocol

from numpy.typing import NDArray

import sensors.pixels
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Quality

Raw = NDArray[Any]
"""One frame as OpenCV hands it over with its conversion to colour switched off."""

KELVIN_AT_ZERO_CELSIUS = 273.15


class PixelFormat(Protocol):
    """Turns raw frames into images."""

    @property
    def fourcc(self) -> str:
        """What a V4L2 device is asked for, four characters."""
        ...

    @property
    def unit(self) -> str:
        """UCUM unit of the image."""
        ...

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) that the device has to deliver; None where any will do."""
        ...

    def shape(self, width: int, height: int) -> tuple[int, int]:
        """(height, width) of the image in a raw frame of this size."""
        ...

    def decode(self, raw: Raw) -> tuple[NDArray[Any], Quality]:
        """The image, shape (height, width), and its flags.

        Raises:
            SensorReadError: the frame has another size or dtype, or the camera is in a mode that cannot be read.
        """
        ...


def pixel_format(name: str) -> PixelFormat:
    """The format of a name.

    Raises:
        SensorNotFoundError: there is none of this name; says which there are.
    """
    formats = {entry.name: _format_in(entry.name) for entry in pkgutil.iter_modules(sensors.pixels.__path__)}
    found = formats.get(name)
    if found is None:
        names = ", ".join(f"'{known}'" for known, value in sorted(formats.items()) if value is not None)
        raise SensorNotFoundError(f"there are no pixels '{name}'; known are {names}")
    return found


def _format_in(module: str) -> PixelFormat | None:
    """The format that a file of this package defines; None for one that serves the others."""
    found: PixelFormat | None = getattr(importlib.import_module(f"sensors.pixels.{module}"), "PIXELS", None)
    return found


def unreadable(name: str, raw: Raw, needed: str) -> SensorReadError:
    """The error for a frame of the wrong size or dtype, saying what came and what was needed."""
    return SensorReadError(f"pixels '{name}': a frame came with shape {raw.shape}, {raw.dtype}; needed {needed}")


def celsius(counts: NDArray[Any], counts_per_kelvin: float) -> NDArray[Any]:
    """Degrees Celsius from a multiple of kelvin.

    Args:
        counts: Shape (height, width), uint16.
        counts_per_kelvin: What the counts are to be divided by.

    Returns:
        Shape (height, width), float32, a fresh array.
    """
    image: NDArray[Any] = counts.astype("float32")
    image /= counts_per_kelvin
    image -= KELVIN_AT_ZERO_CELSIUS
    return image


def saturation_of_kelvin(counts: NDArray[Any]) -> Quality:
    """SATURATED if a pixel is at either end of 16 bits: 0 is no temperature but a pixel that measures nothing."""
    if counts.size and (int(counts.max()) == 65535 or int(counts.min()) == 0):
        return Quality.SATURATED
    return Quality.OK
