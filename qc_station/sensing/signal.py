"""What a person wants to see of a stream's newest samples, in a few characters."""

import numpy as np

from sensors.readings import Reading, Samples
from sensors.streams import Stream

BAR = 10
"""Characters of the level bar."""
FLOOR_DB = -60.0
"""Level at which the bar is empty."""
FEW = 4
"""Channels of a series that are shown."""


def shown(stream: Stream, reading: Reading | None) -> str:
    """Level of a waveform, range of an image, last values of a series; empty before the first reading."""
    if reading is None or not reading.data.size:
        return ""
    if stream.kind == "waveform":
        return _level(reading.data)
    if stream.kind == "image":
        return f"{_number(reading.data[-1].min())} to {_number(reading.data[-1].max())} {stream.units[0]}"
    last = reading.data[-1].ravel()
    values = " ".join(map(_number, last[:FEW])) + (" ..." if last.size > FEW else "")
    return f"{values} {stream.units[0]}" if len(set(stream.units)) == 1 else values


def level_db(data: Samples) -> float:
    """Root mean square in decibels of full scale; a sine that fills the range has -3 dB.

    Args:
        data: Shape (samples, channels); integers fill their type, floats reach from -1 to 1.
    """
    scale = float(np.iinfo(data.dtype).max) + 1.0 if data.dtype.kind in "iu" else 1.0
    power = float(np.square(data, dtype=np.float64).mean()) / scale**2
    return 10.0 * float(np.log10(power)) if power > 0.0 else float("-inf")


def _level(data: Samples) -> str:
    db = level_db(data)
    filled = round(BAR * min(1.0, max(0.0, 1.0 - db / FLOOR_DB)))
    return f"{'█' * filled}{'░' * (BAR - filled)} {'silent' if db == float('-inf') else f'{db:.0f} dB'}"


def _number(value: float) -> str:
    """Four significant digits, never in powers of ten where it can be helped."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
