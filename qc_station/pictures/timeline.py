"""Where the samples of a stream lie on the time axis of a part."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qc_station.align.rate import Rate
from qc_station.align.snapshot import Window
from qc_station.align.stamper import Stamper
from qc_station.config.station import StreamConfig
from qc_station.pictures.part import AlignedPart
from sensors.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One stream around one part; times in seconds from the part's own."""

    name: str
    """Name of the stream."""
    times_s: NDArray[np.float64]
    """Of every sample near the part, by the clock that the aligner goes by, as far as it is known here; shape (samples,)."""
    samples: NDArray[np.generic]
    """Shape (samples, *stream.shape); no sample: (0,)."""
    gaps_s: list[tuple[float, float]]
    """Begin and end of what was lost between two readings, the time from one session to the next included."""
    window_s: tuple[float, float] | None
    """Begin and end of the window; None where there is none."""
    taken: range
    """Numbers of the samples in the window where it holds whole frames; else empty."""
    wanted_s: float
    """When the sensor saw the part: the part's time with the stream's offset and the way of the belt."""
    skew_s: float
    """From there to the sample that was taken for it."""
    uncertainty_s: float
    """How far the window may be off to either side."""
    text: str
    """Reason, window, skew, uncertainty and missing samples, in words."""


def timelines(part: AlignedPart) -> list[Timeline]:
    """One per stream of the station, in its order."""
    return [_timeline(name, stream, part) for name, stream in part.station.inspecting.items()]


def _timeline(name: str, stream: StreamConfig, part: AlignedPart) -> Timeline:
    readings, zero_ns = part.readings[name], part.snapshot.time_ns
    window = part.snapshot.windows.get(name)
    period_s = 1.0 / stream.rate_hz if stream.rate_hz else 0.0
    times = _times_s(name, stream, readings, zero_ns)
    times_s = np.concatenate(times) if times else np.zeros(0)
    span_s = None if window is None else _span_s(window, stream, zero_ns, period_s)
    applied = window.applied if window else None
    return Timeline(
        name=name,
        times_s=times_s,
        samples=np.concatenate([reading.data for reading in readings]) if readings else np.zeros(0),
        gaps_s=[
            (float(early[-1]), float(late[0]))
            for (before, after), (early, late) in zip(pairwise(readings), pairwise(times), strict=True)
            if before.session != after.session or after.seq > before.seq + before.count
        ],
        window_s=span_s,
        taken=_taken(window, stream, times_s, zero_ns),
        wanted_s=(applied.offset_ns + applied.travel_ns) / 1e9 if applied else 0.0,
        skew_s=window.skew_ns / 1e9 if window else 0.0,
        uncertainty_s=window.uncertainty_ns / 1e9 if window else 0.0,
        text=described(str(part.snapshot.reasons[name]), window, stream, zero_ns, period_s),
    )


def _times_s(name: str, stream: StreamConfig, readings: Sequence[Reading], zero_ns: int) -> list[NDArray[np.float64]]:
    """When the samples of each reading were taken."""
    rate = Rate.of(stream.rate_hz) if stream.rate_hz else None
    stamper = Stamper(stream.stream(name), rate)
    period_s = 1.0 / stream.rate_hz if stream.rate_hz else 0.0
    back_s = [period_s * np.arange(reading.count - 1, -1, -1) for reading in readings]
    last_s = [(stamper.stamp(reading).time_ns - zero_ns) / 1e9 for reading in readings]
    return [np.asarray(last - back) for last, back in zip(last_s, back_s, strict=True)]


def _taken(window: Window | None, stream: StreamConfig, times_s: NDArray[np.float64], zero_ns: int) -> range:
    """The frames of the window: the one whose time it has, and those before that it wants with it."""
    if window is None or stream.kind != "image" or not len(times_s):
        return range(0)
    begin_s, length = (window.start_ns - zero_ns) / 1e9, window.data.shape[0]
    end_s = begin_s + ((length - 1) / stream.rate_hz if stream.rate_hz else 0.0)
    last = int(np.abs(times_s - end_s).argmin())
    return range(max(0, last - length + 1), last + 1)


def _span_s(window: Window, stream: StreamConfig, zero_ns: int, period_s: float) -> tuple[float, float]:
    begin_s = (window.start_ns - zero_ns) / 1e9
    length = window.data.shape[0] if stream.kind == "image" else window.data.shape[-1]
    return begin_s, begin_s + length * period_s


def described(reason: str, window: Window | None, stream: StreamConfig, zero_ns: int, period_s: float) -> str:
    """A window in words."""
    if window is None:
        return f"{reason}: no window"
    begin_s, end_s = _span_s(window, stream, zero_ns, period_s)
    said = [
        f"{reason}: {1e3 * begin_s:+.1f} to {1e3 * end_s:+.1f} ms",
        f"skew {window.skew_ns / 1e6:+.2f} ms",
        f"known to +-{window.uncertainty_ns / 1e6:.2f} ms",
    ]
    if window.missing:
        said.append(f"{window.missing} samples missing")
    if window.shared:
        said.append("shared with an earlier part")
    if window.quality:
        said.append(str(window.quality.name).lower().replace("|", ", "))
    return ", ".join(said)
