"""Which tap of one stream is which of the other."""

import numpy as np
from numpy.typing import NDArray

from qc_station.errors import CalibrationError

Times = NDArray[np.int64]
"""Nanoseconds, in order; shape (events,)."""
RIVAL = 0.8
"""Another lag that explains so large a share of the pairs makes the first one doubtful."""


def pairs(first: Times, second: Times, *, longest_ns: int, within_ns: int) -> NDArray[np.int64]:
    """The taps that both streams saw.

    Every tap of one stream against every one of the other gives a lag; the right lag is the one that most of them
    agree about, which neither missing nor additional taps change. Around it each tap takes its nearest partner, and
    only those that choose each other are a pair.

    Args:
        first: Taps in one stream.
        second: Taps in the other.
        longest_ns: Largest lag either way.
        within_ns: How far the lags of pairs may lie from their middle.

    Returns:
        Shape (pairs, 2): times in the first and in the second stream.

    Raises:
        CalibrationError: two lags explain the taps about as well, since they came like clockwork.
    """
    lags = (second[None, :] - first[:, None]).ravel()
    lags = np.sort(lags[np.abs(lags) <= longest_ns])
    if not len(lags):
        return np.zeros((0, 2), np.int64)
    counts = np.searchsorted(lags, lags + 2 * within_ns, side="right") - np.arange(len(lags))
    best = int(counts.argmax())
    lag = int(np.median(lags[best : best + counts[best]]))
    _refuse_rival(lags, counts, best, within_ns)
    found = _mutual(first, second, lag)
    return np.asarray(found[np.abs(found[:, 1] - found[:, 0] - lag) <= within_ns])


def _refuse_rival(lags: Times, counts: NDArray[np.int64], best: int, within_ns: int) -> None:
    far = np.abs(lags - lags[best]) > 4 * within_ns
    most = int(counts[best])
    if not far.any() or most < 3 or counts[far].max() < RIVAL * most:
        return
    rival = int(np.flatnonzero(far)[counts[far].argmax()])
    shown = [f"{lags[n] / 1e6:.0f} ms ({counts[n]} taps)" for n in (best, rival)]
    raise CalibrationError(
        f"the taps came like clockwork: the lag may be {shown[0]} or {shown[1]}; tap irregularly, or lower --max-lag"
    )


def _mutual(first: Times, second: Times, lag: int) -> NDArray[np.int64]:
    """Those that are each other's nearest at a lag."""
    apart = np.abs(second[None, :] - first[:, None] - lag)
    forth, back = apart.argmin(axis=1), apart.argmin(axis=0)
    chosen = np.flatnonzero(back[forth] == np.arange(len(first)))
    return np.column_stack([first[chosen], second[forth[chosen]]])
