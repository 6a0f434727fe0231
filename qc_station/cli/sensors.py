"""Look at the sensors of a station: state, rate, drift, signal, counters; or find what is plugged in."""

import time
from dataclasses import asdict
from pathlib import Path

import click

from qc_station.cli.output import console, finish, json_option, note
from qc_station.cli.sensor_table import ends_by_signal, sensor_table, watch
from qc_station.cli.station import station_option


@click.command()
@station_option(required=False)
@click.option("--list", "only_list", is_flag=True, help="Find microphones, cameras and serial ports instead.")
@click.option("--watch", "keep_on", is_flag=True, help="Go on until Ctrl-C.")
@click.option(
    "--seconds", type=click.FloatRange(min=0.5), default=3.0, show_default=True, help="How long to look at them."
)
@json_option
def command(station: Path | None, only_list: bool, keep_on: bool, seconds: float, as_json: bool) -> None:
    """Open every sensor of the station and show what comes. Exits with 1 when one of them is not live.

    Drift is known after ten seconds. Without a station, or with --list, show what is plugged in and which drivers there
    are.
    """
    if only_list or station is None:
        _found(as_json)
        return
    from qc_station.config.drivers import driver_builds
    from qc_station.config.loading import load_station
    from qc_station.sensing.status import StatusBoard
    from sensors.supervision.station import StartupError, Supervision

    config = load_station(station)
    declared = {name: stream.declared(name) for name, stream in config.streams.items()}
    supervision = Supervision(driver_builds(config, station), lambda _: None, declared=declared)
    with ends_by_signal(), supervision:
        faults = supervision.start()
        if faults:
            note(str(StartupError(faults)))
        until = time.monotonic() + seconds
        statuses = watch(
            StatusBoard(supervision),
            f"{config.name}: sensors",
            now_ns=time.monotonic_ns,
            done=lambda: supervision.ended or (not keep_on and time.monotonic() > until),
            as_json=as_json,
        )
    console(as_json).print(sensor_table(statuses, f"{config.name}: sensors"))
    good = [one for one in statuses if one.state in ("live", "warming")]
    result = {"sensors": [asdict(one) for one in statuses], "faults": faults}
    finish(result, as_json, text=f"{len(good)} of {len(statuses)} sensors live", passed=len(good) == len(statuses))


def _found(as_json: bool) -> None:
    """What is plugged in, and with which driver it can be read."""
    from qc_station.sensing.discovery import discover

    found = discover()
    lines = []
    for title, entries in found.items():
        lines += [f"{title}:", *(f"  {entry}" for entry in entries or ["none found"])]
    finish(found, as_json, text="\n".join(lines))
