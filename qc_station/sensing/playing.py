"""A recording's streams as live sensors, at any speed."""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from heapq import merge
from pathlib import Path

from qc_station.line.feeding import readings
from sensors.errors import SensorNotFoundError
from sensors.readings import Reading
from sensors.recordings.recording import Recording
from sensors.recordings.repair import CLOSED
from sensors.replay import Replay
from sensors.streams import Stream
from sensors.supervision.station import Supervision


class PlayedTime:
    """The time of a recording that is played: our clock, faster or slower from the moment of its making."""

    def __init__(
        self, speed: float, clock: Callable[[], int] = time.monotonic_ns, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Args: speed: Above 0; 2 makes two seconds of one. clock, sleep: Of the real time."""
        self._speed, self._clock, self._sleep, self._origin_ns = speed, clock, sleep, clock()

    def now_ns(self) -> int:
        """CLOCK_MONOTONIC as it would be."""
        return self._origin_ns + round((self._clock() - self._origin_ns) * self._speed)

    def sleep(self, seconds: float) -> None:
        """Wait for so much played time."""
        self._sleep(seconds / self._speed)


def recorded(path: Path) -> tuple[dict[str, Stream], dict[str, int]]:
    """Streams of a recording, or of a folder of them as the first one declares them, and how many readings each has.

    Raises:
        SensorNotFoundError: there is no recording.
        SensorReadError: a recording is damaged.
    """
    recordings = [Recording(one) for one in _files(path)]
    counts: dict[str, int] = {}
    for recording in recordings:
        for name, count in recording.counts.items():
            counts[name] = counts.get(name, 0) + count
    return {stream.name: stream for stream in recordings[0].streams}, counts


def live(path: Path, streams: Mapping[str, Stream], now: PlayedTime, deliver: Callable[[Reading], None]) -> Supervision:
    """The streams of a recording behind supervision, as if it happened now; not started.

    Args:
        path: A closed recording, or a folder of them.
        streams: As `recorded` found them.
        now: The time in which it plays.
        deliver: Takes every reading.
    """
    replay = partial(Replay, recording=path, shift=True, origin_ns=now.now_ns(), clock=now.now_ns, sleep=now.sleep)
    builds = {name: partial(replay, name=name) for name in streams}
    return Supervision(builds, deliver, declared=streams, clock=now.now_ns)


def at_once(path: Path, streams: Mapping[str, Stream]) -> Iterator[Reading]:
    """All readings in the order of their arrival, as fast as they are consumed."""
    flows = [readings(Replay(name=name, recording=path, speed=None)) for name in streams]
    return merge(*flows, key=lambda reading: reading.arrival_ns)


def _files(path: Path) -> list[Path]:
    files = sorted(path.glob(f"*{CLOSED}")) if path.is_dir() else [path]
    if not files:
        raise SensorNotFoundError(f"no *{CLOSED} in the folder {path}")
    return files
