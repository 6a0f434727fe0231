"""Values between neighbours, on a grid that starts with the part."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.align.cut import Cut
from qc_station.align.rate import SECOND_NS, Rate
from qc_station.align.snapshot import Reason
from qc_station.align.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpolate:
    """`length` values, the first exactly `before_ns` before the part, each on the line between its two neighbours."""

    rate: Rate
    """Of the grid; the stream's own may differ."""
    before_ns: int
    """How long before the part the grid starts."""
    length: int
    """Points of the grid."""
    max_gap_ns: int
    """Largest distance between two neighbours, inclusive; a point between two farther apart is missing."""

    @property
    def after_ns(self) -> int:
        """How far after the part the grid ends."""
        return self.rate.span_ns(self.length - 1) - self.before_ns

    def settled(self, track: Track, time_ns: int) -> bool:
        """Whether a sample at or after the last point has come."""
        return track.newest_ns is not None and track.newest_ns >= time_ns + self.after_ns

    def cut(self, track: Track, time_ns: int) -> Cut | Reason:
        """The values in the sensor's own dtype, missing ones zero and counted; GAP where all are missing."""
        begin_ns = time_ns - self.before_ns
        found = track.stretch(begin_ns, begin_ns + self.rate.span_ns(self.length - 1))
        if found is None:
            return Reason.GAP
        # Times after the grid's start stay small, so floats lose nothing.
        times_ns, grid_ns = found.times_ns.astype(np.float64), self._grid_ns()
        real, ends = self._real(times_ns, grid_ns), bool(times_ns[-1] < grid_ns[-1])
        if not real.any():
            return Reason.GAP
        return Cut(
            data=_between(grid_ns, times_ns, found.data, real),
            epoch=found.epoch,
            first=found.first,
            # Where the grid goes on behind the last sample, it wants the one after that.
            stop=found.stop + ends,
            start_ns=begin_ns,
            missing=int((~real).sum()),
            skew_ns=0,
            uncertainty_ns=found.uncertainty_ns,
            quality=found.quality,
            gaps=found.stop - found.first > len(found.times_ns) or ends,
        )

    def _grid_ns(self) -> NDArray[np.float64]:
        """The points after the first one; shape (length,)."""
        return np.asarray(np.arange(self.length) * (self.rate.seconds * SECOND_NS) // self.rate.samples, np.float64)

    def _real(self, times_ns: NDArray[np.float64], grid_ns: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points stand on a sample or between two near neighbours."""
        above = np.clip(np.searchsorted(times_ns, grid_ns), 0, len(times_ns) - 1)
        below = np.clip(np.searchsorted(times_ns, grid_ns, side="right") - 1, 0, len(times_ns) - 1)
        inside = (times_ns[below] <= grid_ns) & (grid_ns <= times_ns[above])
        return np.asarray(inside & (times_ns[above] - times_ns[below] <= self.max_gap_ns))


def _between(
    grid_ns: NDArray[np.float64], times_ns: NDArray[np.float64], rows: NDArray[Any], real: NDArray[np.bool_]
) -> NDArray[Any]:
    """Straight lines between rows, zero where not real; shape (grid, *rows.shape[1:]), dtype of `rows`, rounded."""
    above = np.clip(np.searchsorted(times_ns, grid_ns), 1, max(1, len(times_ns) - 1))
    below = above - 1
    above = np.minimum(above, len(times_ns) - 1)
    span_ns = times_ns[above] - times_ns[below]
    share = np.where(span_ns > 0, (grid_ns - times_ns[below]) / np.where(span_ns > 0, span_ns, 1.0), 0.0)
    share = share.reshape(-1, *[1] * (rows.ndim - 1))
    lower, upper = rows[below].astype(np.float64), rows[above].astype(np.float64)
    values = lower + (upper - lower) * share
    values[~real] = 0.0
    return np.asarray((np.rint(values) if rows.dtype.kind in "iu" else values).astype(rows.dtype))
