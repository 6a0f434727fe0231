"""Triggers when a stream becomes loud: a knock, a part that drops, a motor that starts."""

import math
from collections.abc import Callable
from functools import partial

from qc_station.triggers.contract import Deliver
from qc_station.triggers.delivery import Delivery
from qc_station.triggers.frame_grid import FrameGrid
from qc_station.triggers.loudness import Loudness
from qc_station.triggers.part_names import PartNames
from sensors.readings import Reading

LEAST_FRAME, LEAST_FLOOR = 4, 8
"""Samples of which a level can be told, and frames of which a background can be told."""


class OnsetSource:
    """Listens to one stream beside those who record or align it.

    Which sample an onset is does not depend on how the samples are cut into readings. Its time is approximate: the
    arrival of the reading that made it known, less the samples from the onset to its end at the declared rate. So it is
    late by what device and driver hold back, as every arrival is until a clock model has corrected it.
    """

    def __init__(
        self,
        *,
        stream: str,
        rate_hz: float,
        threshold_db: float = 15.0,
        refractory_s: float = 0.5,
        floor_s: float = 2.0,
        frame_ms: float = 5.0,
        quietest_db: float = -100.0,
        names: Callable[[], PartNames] = PartNames,
    ) -> None:
        """Nothing was heard yet.

        Args:
            stream: Name of the stream.
            rate_hz: Its samples a second; in station.toml that of the stream, if not given.
            threshold_db: How far above the background an onset is, in decibels.
            refractory_s: After an onset there is no other one for so long, in seconds.
            floor_s: The background is what was heard in the last so many seconds; a part has to be silent for half of
                them. Nothing triggers in the first ones of a session.
            frame_ms: Length of the frames whose levels are compared, in milliseconds.
            quietest_db: The background is never taken for quieter, in decibels of full scale.
            names: Makes the names of parts.

        Raises:
            ValueError: an option is out of range.
        """
        _above_zero(rate_hz=rate_hz, threshold_db=threshold_db, frame_ms=frame_ms, floor_s=floor_s)
        if not 0.0 <= refractory_s < math.inf:
            raise ValueError(f"refractory_s = {refractory_s}; allowed: 0 or more seconds")
        if not -200.0 <= quietest_db <= 0.0:
            raise ValueError(f"quietest_db = {quietest_db}; allowed: -200 to 0 decibels")
        self._frame, floor_frames = _frames(rate_hz, frame_ms, floor_s)
        self._new_loudness = partial(
            Loudness,
            frame=self._frame,
            floor_frames=floor_frames,
            threshold_db=threshold_db,
            quietest_db=quietest_db,
            refractory=round(refractory_s * rate_hz),
        )
        self._stream, self._rate_hz, self._floor_s = stream, rate_hz, floor_s
        self._grid, self._loudness = FrameGrid(self._frame), self._new_loudness()
        self._session: int | None = None
        self._names, self._delivery = names(), Delivery()
        self._unfit = 0

    @property
    def counters(self) -> dict[str, int]:
        """Triggers, and readings that were passed over because a number in them was not finite."""
        return {"triggers": self._delivery.count, "unfit": self._unfit}

    @property
    def why(self) -> str:
        """Whether the background is not known yet."""
        return "" if self._loudness.ready else f"stream '{self._stream}' was not heard for {self._floor_s:g} s yet"

    def start(self, deliver: Deliver) -> None:
        """Trigger from now on; the background is learnt from the first reading on, whether started or not."""
        self._delivery.begin(deliver)

    def look(self, now_ns: int) -> None:
        """Nothing is due: onsets are heard."""

    def hear(self, reading: Reading) -> None:
        """Look for onsets in a reading, in the thread of its sensor; other streams are passed over."""
        if reading.stream != self._stream:
            return
        if not reading.finite:
            self._unfit += 1
            return
        if reading.session != self._session:
            self._session = reading.session
            self._grid, self._loudness = FrameGrid(self._frame), self._new_loudness()
        for onset in self._loudness.hear(*self._grid.cut(reading.seq, reading.data)):
            after = reading.seq + reading.count - 1 - onset
            self._delivery.hand(self._names.fresh(), reading.arrival_ns - round(after / self._rate_hz * 1e9))

    def stop(self) -> None:
        """No further trigger."""
        self._delivery.end()


def _above_zero(**options: float) -> None:
    for name, value in options.items():
        if not (math.isfinite(value) and value > 0.0):
            raise ValueError(f"{name} = {value}; allowed: above 0")


def _frames(rate_hz: float, frame_ms: float, floor_s: float) -> tuple[int, int]:
    """Samples in a frame, and frames of the background."""
    frame, floor = round(rate_hz * frame_ms / 1000.0), round(floor_s * 1000.0 / frame_ms)
    if frame < LEAST_FRAME:
        raise ValueError(f"frame_ms = {frame_ms} is {frame} samples at {rate_hz:g} Hz; allowed: at least {LEAST_FRAME}")
    if floor < LEAST_FLOOR:
        raise ValueError(f"floor_s = {floor_s} is {floor} frames; allowed: at least {LEAST_FLOOR}")
    return frame, floor


SOURCE = OnsetSource
