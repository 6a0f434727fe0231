"""What a FLIR Lepton says about itself in the telemetry rows of a frame.

Source: FLIR Lepton Engineering Datasheet, document 500-0659-00-09 Rev 203, section 3.4: Table 2 (rows A to C of 80
words each) and Table 3 (status bits, row A words 3 and 4). A number of 32 bits is stored with its low word first, as
in the drivers of danjulio/lepton (LEP_TEL_STATUS_LOW = 3) and themainframe/leptonic.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from numpy.typing import NDArray

WORDS_PER_ROW = 80
_STATUS_LOW = 3
_FFC_STATE_SHIFT, _FFC_STATE_MASK = 4, 0b11
_TLINEAR_ENABLED = 2 * WORDS_PER_ROW + 48
_TLINEAR_RESOLUTION = 2 * WORDS_PER_ROW + 49


class ShutterState(IntEnum):
    """Flat-field correction, during which the shutter hides the scene; status bits 4 and 5."""

    NEVER = 0
    IMMINENT = 1
    IN_PROGRESS = 2
    COMPLETE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """The part of the telemetry that decides whether a frame can be believed."""

    shutter: ShutterState
    """What the flat-field correction is doing."""
    tlinear: bool
    """Whether the pixels are proportional to temperature; otherwise they are counts."""
    counts_per_kelvin: float
    """100 in high gain, 10 where the camera was set to the coarse resolution."""


def telemetry_of(rows: NDArray[Any]) -> Telemetry:
    """Reads the telemetry.

    Args:
        rows: The telemetry rows as they stand in the frame, uint16: shape (3, 80) or (2, 160); 240 words at least.

    Returns:
        The shutter and the scale.
    """
    words = rows.reshape(-1)
    return Telemetry(
        shutter=ShutterState(int(words[_STATUS_LOW]) >> _FFC_STATE_SHIFT & _FFC_STATE_MASK),
        tlinear=bool(words[_TLINEAR_ENABLED]),
        counts_per_kelvin=100.0 if words[_TLINEAR_RESOLUTION] else 10.0,
    )
