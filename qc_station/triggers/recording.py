"""The triggers of a recording, when they were or as if they were now."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from qc_station.triggers.contract import Deliver
from qc_station.triggers.delivery import Delivery
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.recordings.messages import RecordedTrigger
from sensors.recordings.recording import Recording
from sensors.recordings.repair import CLOSED


class RecordingSource:
    """Plays triggers beside `sensors.replay.Replay` of the same recording, with the same speed, shift and origin.

    Parts keep the names that they had. A trigger is delivered when it is due, at the first look after it.
    """

    def __init__(
        self,
        *,
        recording: str | Path,
        speed: float = 1.0,
        shift: bool = False,
        current: bool = False,
        origin_ns: int | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Nothing is read yet.

        Args:
            recording: A closed recording, or a folder with those of one run of a station.
            speed: 1 as it was, 2 twice as fast.
            shift: Move the times to the present, as the replayed readings are, instead of keeping those recorded.
            current: Pass over what was due before `start`; for an `origin_ns` that is past.
            origin_ns: When, by `clock`, the recording begins to play; `start` if not given. Triggers that are shifted
                need the same as the streams of their recording.
            clock: CLOCK_MONOTONIC in ns.

        Raises:
            ValueError: the speed is not above 0.
        """
        if not (math.isfinite(speed) and speed > 0.0):
            raise ValueError(f"speed = {speed}; allowed: above 0")
        self._path, self._speed, self._shift, self._current = Path(recording), speed, shift, current
        self._given_origin_ns, self._clock = origin_ns, clock
        self._origin_ns = self._start_ns = 0
        self._delivery = Delivery()
        self._triggers: Iterator[RecordedTrigger] = iter(())
        self._next: RecordedTrigger | None = None
        self.why = ""

    @property
    def counters(self) -> dict[str, int]:
        """Triggers."""
        return {"triggers": self._delivery.count}

    def start(self, deliver: Deliver) -> None:
        """Begin at the beginning.

        Raises:
            SensorNotFoundError: there is no recording.
            SensorReadError: a recording is damaged, or the folder has recordings of several runs.
        """
        recordings = self._recordings()
        self._start_ns = recordings[0].start_ns
        self._origin_ns = self._clock() if self._given_origin_ns is None else self._given_origin_ns
        self._triggers = (trigger for recording in recordings for trigger in recording.triggers())
        self.why = ""
        self._delivery.begin(deliver)
        self._advance()
        now_ns = self._clock()
        while self._current and self._next is not None and self._due_ns(self._next) < now_ns:
            self._advance()

    def look(self, now_ns: int) -> None:
        """Trigger what is due."""
        while self._next is not None and self._due_ns(self._next) <= now_ns:
            shift_ns = self._origin_ns - self._start_ns if self._shift else 0
            self._delivery.hand(self._next.part, self._next.time_ns + shift_ns)
            self._advance()

    def stop(self) -> None:
        """No further trigger."""
        self._delivery.end()
        self._triggers, self._next = iter(()), None

    def _advance(self) -> None:
        """The next trigger; a recording that is damaged further on is over for us, and the line goes on."""
        try:
            self._next = next(self._triggers, None)
        except SensorReadError as error:
            self._next, self.why = None, str(error)

    def _due_ns(self, trigger: RecordedTrigger) -> int:
        return self._origin_ns + round((trigger.time_ns - self._start_ns) / self._speed)

    def _recordings(self) -> list[Recording]:
        paths = sorted(self._path.glob(f"*{CLOSED}")) if self._path.is_dir() else [self._path]
        if not paths:
            raise SensorNotFoundError(f"trigger 'recording': no *{CLOSED} in the folder {self._path}")
        recordings = [Recording(path) for path in paths]
        # When the second run begins to play depends on when each sensor has reached the end of the first one.
        if (runs := len({recording.declaration.run for recording in recordings})) > 1:
            raise SensorReadError(f"trigger 'recording': {self._path} has recordings of {runs} runs; allowed: of one")
        return recordings


SOURCE = RecordingSource
