"""FLIR Lepton on a PureThermal board, and other cameras whose 16 bits are hundredths of a kelvin (TLinear).

A frame of 160 x 122 or 80 x 63 is that of a Lepton with telemetry; a PureThermal board puts it into the last rows
(its firmware asks for LEP_TELEMETRY_LOCATION_FOOTER). Without telemetry a closed shutter cannot be told from a scene
that stands still. `y16_header` is the same with the telemetry in the first rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.errors import SensorReadError
from sensors.pixels.format import Raw, celsius, saturation_of_kelvin, unreadable
from sensors.pixels.telemetry import ShutterState, Telemetry, telemetry_of
from sensors.readings import Quality

COUNTS_PER_KELVIN = 100.0
TELEMETRY_ROWS = {(122, 160): 2, (63, 80): 3}
"""Rows of telemetry by (height, width) of the frame: 240 words are three rows of 80 or, padded, two of 160."""

SHUTTER_QUALITY = {
    # Before its first flat-field correction every pixel has an offset of its own.
    ShutterState.NEVER: Quality.WARMING,
    ShutterState.IMMINENT: Quality.OK,
    # The closed shutter hides the scene: what is sent is no new view of it.
    ShutterState.IN_PROGRESS: Quality.REPEATED,
    ShutterState.COMPLETE: Quality.OK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Y16:
    """Sixteen bits a pixel, kelvin x 100 unless the telemetry says x 10."""

    name: str = "y16"
    """Name of the format."""
    telemetry_first: bool = False
    """Whether the telemetry stands above the image instead of below it."""
    fourcc: str = "Y16 "
    """What a V4L2 device is asked for."""
    unit: str = "Cel"
    """Degrees Celsius."""
    size: tuple[int, int] | None = None
    """Any size will do."""

    def shape(self, width: int, height: int) -> tuple[int, int]:
        """The frame without its telemetry."""
        return height - TELEMETRY_ROWS.get((height, width), 0), width

    def decode(self, raw: Raw) -> tuple[NDArray[Any], Quality]:
        """Degrees Celsius.

        Args:
            raw: Shape (height, width) or (height, width, 1), uint16, with telemetry if the size says so.

        Returns:
            Shape (height, width) without the telemetry, float32. REPEATED during a flat-field correction, WARMING
            before the first one, SATURATED if a pixel is at an end of 16 bits.

        Raises:
            SensorReadError: another size or dtype, or the telemetry says that the pixels are no temperatures.
        """
        frame = raw[..., 0] if raw.ndim == 3 and raw.shape[2] == 1 else raw
        if frame.ndim != 2 or frame.size == 0 or frame.dtype != np.uint16:
            raise unreadable(self.name, raw, "(height, width) or (height, width, 1), uint16")
        rows = TELEMETRY_ROWS.get(frame.shape, 0)
        if not rows:
            return celsius(frame, COUNTS_PER_KELVIN), saturation_of_kelvin(frame)
        counts = frame[rows:] if self.telemetry_first else frame[:-rows]
        said = self._checked(telemetry_of(frame[:rows] if self.telemetry_first else frame[-rows:]))
        return celsius(counts, said.counts_per_kelvin), SHUTTER_QUALITY[said.shutter] | saturation_of_kelvin(counts)

    def _checked(self, said: Telemetry) -> Telemetry:
        """The telemetry, if the pixels are temperatures."""
        if not said.tlinear:
            raise SensorReadError(
                f"pixels '{self.name}': the telemetry says that TLinear is off, so that the pixels are counts; "
                "switch TLinear on in the camera, use pixels 'gray16', or check where the telemetry stands "
                "('y16': last rows, 'y16_header': first rows)"
            )
        return said


PIXELS = Y16()
