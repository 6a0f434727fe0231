"""The moments at which something suddenly happened in a stream."""

import numpy as np
from numpy.typing import NDArray

from qc_station.errors import CalibrationError
from qc_station.sync.activity import Activity

APART_S = 0.25
"""Two taps come no closer; a tap that rings on is one."""
ABOVE = 8.0
"""How many robust standard deviations a tap stands above the rest."""
NORMAL = 1.4826
"""Standard deviation of a normal distribution whose median absolute deviation is 1."""
LOUDER_DB = 12.0
"""A tap in a waveform is at least so much louder than the rest, however even that is."""
QUIET_S = 1.0
"""Least length of a stream in which anything can stand out."""


def events(kind: str, activity: Activity) -> NDArray[np.int64]:
    """When taps began.

    A tap begins with the first moment that stands out from the median of all by eight robust standard deviations, after
    a quarter of a second in which none did. A frame or step is as late as half its period in the middle, since the tap
    happened at some moment after the one before: that half is taken off.

    Args:
        kind: Of the stream.
        activity: Of the stream.

    Returns:
        CLOCK_MONOTONIC in ns, in order.

    Raises:
        CalibrationError: there is too little to tell a tap from the rest.
    """
    level = activity.level
    if len(level) < 3 or activity.times_ns[-1] - activity.times_ns[0] < QUIET_S * 1e9:
        raise CalibrationError(f"{len(level)} moments in less than {QUIET_S:g} s; needed: more, with taps among them")
    middle = float(np.median(level))
    spread = NORMAL * float(np.median(np.abs(level - middle)))
    floor = LOUDER_DB if kind == "waveform" else 0.0
    out = np.flatnonzero(level > middle + max(ABOVE * spread, floor))
    times = activity.times_ns[out]
    # Since the last moment that stood out, not since the beginning: what goes on for seconds is one event.
    first = np.diff(times, prepend=np.iinfo(np.int64).min // 2) >= APART_S * 1e9
    half_ns = 0 if kind == "waveform" else round(activity.period_s * 5e8)
    return np.asarray(times[first] - half_ns, np.int64)
