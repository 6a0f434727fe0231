"""A recording as a live sensor."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Reading
from sensors.recordings.recording import Recording
from sensors.recordings.repair import CLOSED
from sensors.streams import Stream

LOG = logging.getLogger(__name__)
WAIT_NS = 100_000_000
"""A reading that is due later is left for a later call of `read`."""


class Replay:
    """Plays one stream of a recording, or of a folder of recordings in their order.

    By default the readings are those that were recorded, byte for byte and with their times, so that whatever decides on
    them decides as it did live. With `shift` every arrival is moved by one constant, `shift_ns`, so that the recording
    seems to happen now, beside live sensors; that is meant for speed 1, because intervals between arrivals stay as
    recorded. Device times are never changed.

    Sessions are as recorded, too, at the first opening. Where a number would come a second time (opened again, or the
    station was restarted between two recordings), all later ones are counted up past the highest that was delivered.

    A recording that turns out to be damaged ends there, is counted, and the next one plays: no further try would mend
    it, and to begin again would deliver what was delivered before.

    Attributes:
        counters: readings, opened recordings, and damaged ones of which not all could be played.
        plays: Its silence was recorded.
    """

    plays = True

    def __init__(
        self,
        *,
        name: str,
        recording: str | Path,
        stream: str | None = None,
        speed: float | None = 1.0,
        shift: bool = False,
        current: bool = False,
        origin_ns: int | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is read yet.

        Args:
            name: What the stream is called now.
            recording: A closed recording or a folder of them.
            stream: What it was called when recorded; as now, if not given.
            speed: 1 as it was, 2 twice as fast; None as fast as it is consumed.
            shift: Move arrivals to the present instead of keeping those recorded.
            current: Pass over what would have arrived before `open`, as a device does; for an `origin_ns` that is past.
            origin_ns: When, by `clock`, the recording begins to play; `open` if not given. Streams of one recording
                that are shifted need the same, or they come apart by the time between their openings.
            clock: CLOCK_MONOTONIC in ns.
            sleep: Waits for seconds.

        Raises:
            ValueError: the speed is not above 0.
        """
        if speed is not None and not 0.0 < speed < float("inf"):
            raise ValueError(f"replay of stream '{name}': speed is {speed}; must be above 0, or None for no pacing")
        self._name, self._path, self._recorded = name, Path(recording), stream or name
        self._speed, self._shift, self._given_origin_ns = speed, shift, origin_ns
        self._current, self._opened_ns = current, 0
        self._clock, self._sleep = clock, sleep
        self._stream: Stream | None = None
        self._readings: Iterator[Reading] | None = None
        self._next: Reading | None = None
        self._origin_ns = self._start_ns = 0
        self._session_shift, self._last_session = 0, -1
        self.counters = {"readings": 0, "recordings": 0, "damaged": 0}

    @property
    def stream(self) -> Stream:
        """As declared in the first recording that can be read, under its name now.

        Raises:
            SensorNotFoundError: there is no recording, or none of this stream.
            SensorReadError: all recordings are damaged.
        """
        if self._stream is None:
            self._stream = self._declared(self._first())
        return self._stream

    @property
    def shift_ns(self) -> int:
        """What is added to recorded times of the recording that is playing; for its triggers, too; 0 unless shifted."""
        return self._origin_ns - self._start_ns if self._shift else 0

    def open(self) -> None:
        """Begin at the beginning.

        Raises:
            SensorNotFoundError: there is no recording, or none of this stream.
            SensorReadError: all recordings are damaged.
        """
        self.close()
        self._stream, self._opened_ns = self._declared(self._first()), self._clock()
        self._readings = self._play()

    def read(self) -> Reading | None:
        """The next reading when it is due; None if that is more than a tenth of a second away.

        Raises:
            SensorReadError: the driver is not open, or a later recording declares the stream otherwise.
            EOFError: the recording is over.
        """
        if self._readings is None:
            raise SensorReadError(f"stream '{self._name}': the replay is closed; call open() first")
        if self._next is None:
            self._next = next(self._readings, None)
        if self._next is None:
            raise EOFError
        if not self._due(self._next):
            return None
        reading, self._next = self._next, None
        self.counters["readings"] += 1
        return self._as_now(reading)

    def close(self) -> None:
        """Stop; may be called twice."""
        self._readings = self._next = None

    def _paths(self) -> list[Path]:
        paths = sorted(self._path.glob(f"*{CLOSED}")) if self._path.is_dir() else [self._path]
        if not paths:
            raise SensorNotFoundError(f"stream '{self._name}': no *{CLOSED} in the folder {self._path}")
        return paths

    def _first(self) -> Recording:
        """The first recording that can be read."""
        damage: SensorReadError | None = None
        for path in self._paths():
            try:
                return Recording(path)
            except SensorReadError as error:
                damage = damage or error
        # There is a path, or `_paths` would have raised.
        raise damage or SensorNotFoundError(f"stream '{self._name}': no recording in {self._path}")

    def _declared(self, recording: Recording) -> Stream:
        for stream in recording.streams:
            if stream.name == self._recorded:
                return replace(stream, name=self._name)
        found = ", ".join(repr(stream.name) for stream in recording.streams) or "no streams"
        raise SensorNotFoundError(f"recording {recording.path} has no stream '{self._recorded}'; found: {found}")

    def _play(self) -> Iterator[Reading]:
        """All readings of all recordings; each run of the station is paced from its own beginning."""
        run: int | None = None
        for path in self._paths():
            if (recording := self._opened(path)) is None:
                continue
            if self._declared(recording) != self._stream:
                raise SensorReadError(
                    f"recording {path} declares the stream '{self._recorded}' otherwise than the first one"
                )
            self.counters["recordings"] += 1
            if recording.declaration.run != run:
                self._begin_run(recording, first=run is None)
                run = recording.declaration.run
            yield from self._undamaged(recording)

    def _opened(self, path: Path) -> Recording | None:
        """The recording; None if it is damaged."""
        try:
            return Recording(path)
        except SensorReadError as error:
            self._damaged(error)
            return None

    def _undamaged(self, recording: Recording) -> Iterator[Reading]:
        """Its readings up to the end or to the first damage."""
        try:
            from_ns = self._from_ns()
            yield from (one for one in recording.readings(self._recorded) if one.arrival_ns >= from_ns)
        except SensorReadError as error:
            self._damaged(error)

    def _damaged(self, error: SensorReadError) -> None:
        self.counters["damaged"] += 1
        LOG.warning("stream '%s': %s", self._name, error)

    def _begin_run(self, recording: Recording, *, first: bool) -> None:
        """Times and sessions of a run have nothing to do with those of the run before."""
        given = self._given_origin_ns if first else None
        self._origin_ns = self._clock() if given is None else given
        self._start_ns = recording.start_ns
        self._session_shift = self._last_session + 1

    def _from_ns(self) -> int:
        """The arrival, as recorded, that was due when the driver was opened; 0 to play from the beginning."""
        if not self._current or self._speed is None:
            return 0
        return self._start_ns + round((self._opened_ns - self._origin_ns) * self._speed)

    def _due(self, reading: Reading) -> bool:
        """Whether a reading's moment has come, after a wait of at most `WAIT_NS`."""
        if self._speed is None:
            return True
        left_ns = self._origin_ns + round((reading.arrival_ns - self._start_ns) / self._speed) - self._clock()
        if left_ns > 0:
            self._sleep(min(left_ns, WAIT_NS) / 1e9)
        return left_ns <= WAIT_NS

    def _as_now(self, reading: Reading) -> Reading:
        session = reading.session + self._session_shift
        self._last_session = max(self._last_session, session)
        return replace(reading, stream=self._name, session=session, arrival_ns=reading.arrival_ns + self.shift_ns)


DRIVER = Replay
