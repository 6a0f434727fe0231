"""One part of a recording with everything around it: what the aligner cut, and what it cut it from."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qc_station.align.snapshot import Snapshot
from qc_station.align.trigger import Trigger
from qc_station.config.loading import parse_station
from qc_station.config.station import StationConfig
from qc_station.errors import ConfigError
from qc_station.line.aligning import aligner_of
from qc_station.line.feeding import feed
from qc_station.view.placement import Placement
from sensors.errors import QCError
from sensors.readings import Reading
from sensors.recordings.recording import Recording
from sensors.replay import Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedPart:
    """A part, and the readings near it."""

    snapshot: Snapshot
    """Its windows and reasons."""
    station: StationConfig
    """The configuration by which it was cut."""
    readings: dict[str, list[Reading]]
    """By stream, in the order of arrival, those that arrived near the part's time."""
    around_ns: int
    """How near, before and after."""


def aligned_part(path: Path, part: str | None, station: StationConfig | None, around_ns: int) -> AlignedPart:
    """Run a recording through the aligner until the part.

    Args:
        path: A closed recording with triggers.
        part: Its name; None takes the first.
        station: How to cut; None takes the configuration that was recorded.
        around_ns: How near readings have to be to be kept, before and after the part's time.

    Raises:
        ConfigError: the recording holds no configuration, or a wrong one.
        QCError: there is no trigger, or no part of that name; names those that there are.
        SensorReadError: the recording is damaged.
    """
    recording = Recording(path)
    config = station or _recorded(recording)
    triggers = [Trigger(part=one.part, time_ns=one.time_ns) for one in recording.triggers()]
    names = [trigger.part for trigger in triggers]
    wanted = part if part is not None else next(iter(names), None)
    if wanted not in names:
        known = ", ".join(names[:10]) + (f" ... {names[-1]}" if len(names) > 10 else "")
        raise QCError(f"{path}: no part {part!r}; recorded are {known or 'no triggers at all'}")
    placement = Placement(config)
    drivers = [Replay(name=name, recording=path, speed=None) for name in config.streams if name in recording.counts]
    snapshots = feed(drivers, triggers, aligner_of(config, placement), placement)
    snapshot = next(one for one in snapshots if one.part == wanted)
    span = (snapshot.time_ns - around_ns, snapshot.time_ns + around_ns)
    kept: dict[str, list[Reading]] = {name: [] for name in config.streams}
    for reading in _within(recording.readings(*(driver.stream.name for driver in drivers)), *span):
        kept[reading.stream].append(reading)
    return AlignedPart(snapshot=snapshot, station=config, readings=kept, around_ns=around_ns)


def _recorded(recording: Recording) -> StationConfig:
    text = recording.declaration.config
    if not text:
        raise ConfigError(f"{recording.path}: no configuration was recorded; name the station with --station")
    return parse_station(tomllib.loads(text), source=f"{recording.path} (recorded configuration)")


def _within(readings: Iterable[Reading], first_ns: int, last_ns: int) -> Iterator[Reading]:
    for reading in readings:
        if reading.arrival_ns > last_ns:
            return
        if reading.arrival_ns >= first_ns:
            yield reading
