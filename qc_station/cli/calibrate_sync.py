"""Measure how much later one sensor is than another from ten or more taps, and write offset_ms to station.toml."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import click

from qc_station.cli.output import finish, json_option, note
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from qc_station.config.station import StationConfig
    from sensors.readings import Reading


@click.command()
@station_option()
@click.option("--streams", nargs=2, required=True, help="The one that is right, and the one whose offset is written.")
@click.option(
    "--recording",
    type=click.Path(exists=True, path_type=Path),
    help="A file or folder; without it the sensors are read.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=5.0), default=60.0, show_default=True, help="How long to listen for taps."
)
@click.option("--max-lag", type=click.FloatRange(min=0.01), default=1.0, show_default=True, help="In seconds.")
@json_option
def command(
    station: Path, streams: tuple[str, str], recording: Path | None, seconds: float, max_lag: float, as_json: bool
) -> None:
    """Clap or tap ten times or more, irregularly, where both sensors notice it.

    Median and spread are written as offset_ms of the second stream, with a note; nothing else in the file is touched.
    Refuses when too few taps are seen by both, or when they do not agree.
    """
    from qc_station.config.editing import calibrate
    from qc_station.config.loading import load_station
    from qc_station.errors import ConfigError
    from qc_station.sync.measuring import measure

    config = load_station(station)
    for name in streams:
        if name not in config.streams or streams[0] == streams[1]:
            raise ConfigError(f"--streams {' '.join(streams)}; allowed: two of {', '.join(config.streams)}")
    if recording is None:
        note(f"clap or tap ten times or more within {seconds:g} s, irregularly")
    readings = _recorded(recording, streams) if recording else _live(config, station, streams, seconds)
    first, second = (config.streams[name].stream(name) for name in streams)
    lag, taps = measure(readings, (first, second), max_lag_s=max_lag)
    # The taps were seen at the same time; what the first one is late by, the second is, too.
    offset_ms = round(config.streams[streams[0]].offset_ms + lag.median_ms, 1)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    calibrate(station, streams[1], {"offset_ms": offset_ms}, f"{today} against {streams[0]}: {lag}")
    result = {"stream": streams[1], "offset_ms": offset_ms, "lag": asdict(lag), "taps": taps}
    finish(result, as_json, text=f"{streams[1]} is later than {streams[0]} by {lag}; offset_ms = {offset_ms} written")


def _recorded(recording: Path, streams: tuple[str, str]) -> "Iterator[Reading]":
    """The two streams of a recording in the order of their arrival."""
    from qc_station.errors import ConfigError
    from qc_station.sensing.playing import at_once, recorded

    found = recorded(recording)
    declared = found.streams
    for damage in found.damaged:
        note(damage)
    if not set(streams) <= set(declared):
        raise ConfigError(
            f"--recording {recording} has the streams {', '.join(declared)}; needed: {', '.join(streams)}"
        )
    yield from at_once(recording, {name: declared[name] for name in streams})


def _live(config: "StationConfig", folder: Path, streams: tuple[str, str], seconds: float) -> "Iterator[Reading]":
    """The two sensors for so many seconds; both are supervised as on the line."""
    import msgspec

    from qc_station.cli.sensor_table import ends_by_signal
    from qc_station.config.drivers import driver_builds
    from sensors.supervision.station import StartupError, Supervision

    pair = msgspec.structs.replace(config, streams={name: config.streams[name] for name in streams})
    declared = {name: stream.declared(name) for name, stream in pair.streams.items()}
    inbox: SimpleQueue[Reading] = SimpleQueue()
    supervision = Supervision(driver_builds(pair, folder, time.monotonic_ns()), inbox.put, declared=declared)
    with ends_by_signal(), supervision:
        if faults := supervision.start():
            raise StartupError(faults)
        until = time.monotonic() + seconds
        while time.monotonic() < until and not supervision.ended:
            supervision.look()
            time.sleep(0.1)
            while not inbox.empty():
                yield inbox.get()
    while not inbox.empty():
        yield inbox.get()
