"""A recording's streams as live sensors, at any speed."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from heapq import merge
from pathlib import Path

from qc_station.line.feeding import readings
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Reading
from sensors.recordings.recording import Recording
from sensors.recordings.repair import CLOSED
from sensors.replay import Replay
from sensors.streams import Stream
from sensors.supervision.declared import Declared
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a recording, or a folder of them, holds."""

    streams: dict[str, Stream]
    """Every stream by its name."""
    counts: dict[str, int]
    """Readings by stream, in the recordings that can be read."""
    damaged: tuple[str, ...]
    """What is wrong with the other recordings; they are passed over when the folder plays."""


def recorded(path: Path) -> Recorded:
    """Look at the index of every recording.

    Raises:
        SensorNotFoundError: there is no recording.
        SensorReadError: all recordings are damaged, or two of them declare other streams.
    """
    recordings, damage = _readable(_files(path))
    if not recordings:
        raise damage[0]
    first, counts = recordings[0], Counter[str]()
    for recording in recordings:
        if recording.streams != first.streams:
            raise SensorReadError(
                f"recordings {first.path} and {recording.path} declare other streams; play them one by one"
            )
        counts.update(recording.counts)
    streams = {stream.name: stream for stream in first.streams}
    return Recorded(streams=streams, counts=dict(counts), damaged=tuple(map(str, damage)))


def _readable(paths: list[Path]) -> tuple[list[Recording], list[SensorReadError]]:
    """The recordings whose index is whole, and what is wrong with the others."""
    recordings, damage = [], []
    for path in paths:
        try:
            recordings.append(Recording(path))
        except SensorReadError as error:
            damage.append(error)
    return recordings, damage


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
    return Supervision(
        builds, deliver, declared={name: Declared.of(stream) for name, stream in streams.items()}, clock=now.now_ns
    )


def at_once(path: Path, streams: Mapping[str, Stream]) -> Iterator[Reading]:
    """All readings in the order of their arrival, as fast as they are consumed."""
    flows = [readings(Replay(name=name, recording=path, speed=None)) for name in streams]
    return merge(*flows, key=lambda reading: reading.arrival_ns)


def _files(path: Path) -> list[Path]:
    files = sorted(path.glob(f"*{CLOSED}")) if path.is_dir() else [path]
    if not files:
        raise SensorNotFoundError(f"no *{CLOSED} in the folder {path}")
    return files
