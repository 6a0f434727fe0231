"""How much happens in a stream, from moment to moment."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qc_station.align.rate import SECOND_NS, Rate
from qc_station.align.stamper import Stamper
from sensors.readings import Reading, Samples
from sensors.streams import Stream

FINE_S = 0.001
"""A waveform is looked at in steps of this length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One number per moment of a stream."""

    times_ns: NDArray[np.int64]
    """CLOCK_MONOTONIC by the stream's own clock model; shape (moments,)."""
    level: NDArray[np.float64]
    """How much has changed since the moment before; above 0, logarithmic for a waveform; shape (moments,)."""
    period_s: float
    """Between two moments, as they came in the median."""


class ActivityMeter:
    """Takes the readings of one stream; holds a number per moment, never the samples.

    Times come from the same clock model by which the aligner cuts windows, so that an offset that is measured here is
    the one that the aligner needs.
    """

    def __init__(self, stream: Stream) -> None:
        """Args: stream: As its driver declares it."""
        self._stream = stream
        self._rate = Rate.of(stream.nominal_rate_hz) if stream.nominal_rate_hz else None
        self._stamper = Stamper(stream, self._rate)
        self._times: list[NDArray[np.int64]] = []
        self._levels: list[NDArray[np.float64]] = []
        self._before: tuple[int, int, Samples] | None = None

    def push(self, reading: Reading) -> None:
        """Take a reading; they come in order. One with NaN or without samples says nothing."""
        if not reading.count or not reading.finite:
            return
        last_ns = self._stamper.stamp(reading).time_ns
        times = np.full(reading.count, last_ns, np.int64)
        if self._rate:
            back = np.arange(reading.count - 1, -1, -1, dtype=np.int64)
            times -= back * self._rate.seconds * SECOND_NS // self._rate.samples
        changes = self._changes(reading)
        if self._stream.kind == "waveform":
            # A microphone's moments are blocks of a millisecond, so that an hour of sound is a few megabytes.
            step = max(1, round(FINE_S * (self._stream.nominal_rate_hz or 0.0)))
            starts = np.arange(0, reading.count, step)
            counts = np.diff([*starts, reading.count])
            changes = 10.0 * np.log10(np.add.reduceat(changes, starts) / counts + np.finfo(np.float64).tiny)
            times = times[starts]
        self._times.append(times)
        self._levels.append(changes)

    def activity(self) -> Activity:
        """All that came; times never fall."""
        times = np.concatenate([np.zeros(0, np.int64), *self._times])
        steps = np.diff(times)
        period_ns = float(np.median(steps[steps > 0])) if (steps > 0).any() else math.nan
        level = np.concatenate([np.zeros(0), *self._levels])
        return Activity(times_ns=np.maximum.accumulate(times), level=level, period_s=period_ns / 1e9)

    def _changes(self, reading: Reading) -> NDArray[np.float64]:
        """Mean square of the change of all channels or pixels from sample to sample; shape (samples,)."""
        before = self._before
        follows = before is not None and before[:2] == (reading.session, reading.seq)
        # What lies between two sides of a gap is no event.
        first = before[2] if before is not None and follows else reading.data[:1]
        self._before = (reading.session, reading.seq + reading.count, reading.data[-1:].copy())
        steps = np.diff(np.concatenate([first, reading.data]).astype(np.float32), axis=0)
        return np.asarray(np.square(steps).reshape(reading.count, -1).mean(axis=1), np.float64)
