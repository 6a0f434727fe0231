"""Values between neighbours, on a grid that starts with the part."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.align.cut import Cut
from qc_station.align.rate import Rate
from qc_station.align.snapshot import Reason
from qc_station.align.track import Place, Track


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
        places = self._places(track, begin_ns, begin_ns + self.rate.span_ns(self.length - 1))
        found = track.cut(places[0], places[-1].index - places[0].index + 1) if places else None
        if found is None:
            return Reason.GAP
        # Times relative to the grid's start stay small, so floats lose nothing.
        times_ns = np.array([place.time_ns - begin_ns for place in places], dtype=np.float64)
        grid_ns = np.array([self.rate.span_ns(point) for point in range(self.length)], dtype=np.float64)
        rows = found.data[[place.index - places[0].index for place in places]]
        real = self._real(times_ns, grid_ns)
        if not real.any():
            return Reason.GAP
        return Cut(
            data=_between(grid_ns, times_ns, rows) * real.reshape(-1, *[1] * (rows.ndim - 1)).astype(rows.dtype),
            session=found.session,
            first=found.first,
            stop=found.stop,
            start_ns=begin_ns,
            missing=int((~real).sum()),
            skew_ns=0,
            uncertainty_ns=found.uncertainty_ns,
        )

    def _places(self, track: Track, begin_ns: int, end_ns: int) -> list[Place]:
        """The delivered samples of one session from the neighbour before the grid to the one after it."""
        place = track.at(begin_ns) or track.after(begin_ns)
        places: list[Place] = []
        while place is not None and (not places or place.session == places[0].session):
            places.append(place)
            place = track.after(place.time_ns) if place.time_ns < end_ns else None
        return places

    def _real(self, times_ns: NDArray[np.float64], grid_ns: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points stand on a sample or between two near neighbours."""
        above = np.clip(np.searchsorted(times_ns, grid_ns), 0, len(times_ns) - 1)
        below = np.clip(np.searchsorted(times_ns, grid_ns, side="right") - 1, 0, len(times_ns) - 1)
        inside = (times_ns[below] <= grid_ns) & (grid_ns <= times_ns[above])
        return np.asarray(inside & (times_ns[above] - times_ns[below] <= self.max_gap_ns))


def _between(grid_ns: NDArray[np.float64], times_ns: NDArray[np.float64], rows: NDArray[Any]) -> NDArray[Any]:
    """Straight lines between rows; shape (grid, *rows.shape[1:]), dtype of `rows`, integers rounded."""
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    columns = [np.interp(grid_ns, times_ns, column) for column in flat.T]
    values = np.stack(columns, axis=1).reshape(len(grid_ns), *rows.shape[1:])
    return (np.rint(values) if rows.dtype.kind in "iu" else values).astype(rows.dtype)
