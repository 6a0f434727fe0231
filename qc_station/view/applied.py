"""What was done between the sensor and the window."""

from dataclasses import asdict, dataclass
from typing import Any

Corner = tuple[float, float]
Outline = tuple[Corner, Corner, Corner, Corner]
"""Four points [x, y] in pixels from the frame's top left corner, clockwise from the top left of the part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """Goes with a window, so that it can be said later which place and which moment it shows."""

    offset_ns: int
    """How much later than the trigger the stream was cut because its sensor is late."""
    position_mm: float = 0.0
    """Where the sensor stands along the belt, after the trigger."""
    travel_ns: int = 0
    """How much later than the trigger the stream was cut because the part had to come to the sensor."""
    sensor_size: tuple[int, int] | None = None
    """Rows and columns of the camera's own frame; None where the window is the frame, and for what is no image."""
    outline: Outline | None = None
    """What of the camera's frame became the window; None where the window is the frame."""

    def as_json(self) -> dict[str, Any]:
        """Plain values; what JSON reads back is equal, but that tuples are lists."""
        return asdict(self)
