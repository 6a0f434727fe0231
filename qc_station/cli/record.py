"""Record the raw readings of a station's sensors as MCAP, to be replayed or looked at in Foxglove."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qc_station.cli.output import finish, json_option, note
from qc_station.cli.sensor_table import counted, ends_by_signal, watch
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from qc_station.config.station import StationConfig
    from qc_station.sensing.status import SensorStatus
    from qc_station.sensing.tape import Tape
    from qc_station.triggers.sources import TriggerSources
    from sensors.recordings.recorder import Recorder
    from sensors.supervision.station import Supervision


@click.command()
@station_option()
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Default: STATION/recordings.")
@click.option("--seconds", type=click.FloatRange(min=0.5), help="How long; without it until Ctrl-C.")
@click.option("--budget-gb", type=click.FloatRange(min=0.2), default=10.0, show_default=True, help="Disk to use.")
@click.option(
    "--trigger-every",
    type=click.FloatRange(min=0.01, max=86400.0),
    help="Record a trigger every so many seconds, beside those of the station's [trigger].",
)
@click.option("--anyway", is_flag=True, help="Record the other sensors when one does not start.")
@json_option
def command(
    station: Path,
    folder: Path | None,
    seconds: float | None,
    budget_gb: float,
    trigger_every: float | None,
    anyway: bool,
    as_json: bool,
) -> None:
    """Record every sensor and the triggers of the station. After a power cut all but the last second is there.

    The oldest recordings make room for new ones. Exits with 1 when a sensor did not start or the disk refused.
    """
    from qc_station.config.drivers import driver_builds
    from qc_station.config.loading import FILE_NAME, load_station
    from qc_station.sensing.tape import Tape
    from sensors.readings import Reading
    from sensors.recordings.recorder import Recorder
    from sensors.supervision.station import Supervision

    config = load_station(station)
    # Recordings that play begin together, so that their triggers fit their readings.
    origin_ns = time.monotonic_ns()
    builds, triggers = driver_builds(config, station, origin_ns), _triggers(config, station, trigger_every, origin_ns)
    text, target = (station / FILE_NAME).read_text(encoding="utf-8"), folder or station / "recordings"

    def take(reading: Reading) -> None:
        tape.take(reading)
        triggers.hear(reading)

    declared = {name: stream.declared(name) for name, stream in config.streams.items()}
    supervision = Supervision(builds, take, declared=declared)
    # What the station leaves to a driver stands in the recording as the driver says it.
    streams = [health.stream for health in supervision.healths.values()]
    recorder = Recorder(target, streams, config=text, budget_bytes=round(budget_gb * 1e9))
    tape = Tape(recorder, note)
    try:
        with ends_by_signal(), supervision, triggers:
            faults = _started(supervision, triggers, tape, anyway)
            title = f"{config.name}: recording to {target}"
            sensors = _watched(supervision, triggers, tape, title, seconds, as_json)
    finally:
        recorder.close()
    _report(target, sensors, triggers, tape, recorder, faults=faults, as_json=as_json)


def _triggers(config: "StationConfig", station: Path, every_s: float | None, origin_ns: int) -> "TriggerSources":
    """What triggers, by the name under which it is counted."""
    from qc_station.config.triggers import trigger_source
    from qc_station.triggers.sources import TriggerSources
    from qc_station.triggers.timer import TimerSource

    own = trigger_source(config, station, origin_ns)
    sources = {} if own is None else {str((config.trigger or {})["type"]): own}
    every = {} if every_s is None else {"--trigger-every": TimerSource(interval_s=every_s)}
    return TriggerSources(sources | every)


def _started(supervision: "Supervision", triggers: "TriggerSources", tape: "Tape", anyway: bool) -> dict[str, str]:
    """Start the sensors and then, as nothing is seen of a part before, the triggers; returns what is wrong."""
    from sensors.supervision.station import StartupError

    faults = supervision.start()
    if faults and not anyway:
        raise StartupError(faults)
    triggers.start(lambda trigger: tape.trigger(trigger.part, trigger.time_ns))
    return faults


def _watched(
    supervision: "Supervision",
    triggers: "TriggerSources",
    tape: "Tape",
    title: str,
    seconds: float | None,
    as_json: bool,
) -> "list[SensorStatus]":
    """Look after sensors and triggers until it is done."""
    from qc_station.sensing.status import StatusBoard

    def each(now_ns: int) -> None:
        tape.look(supervision.healths, now_ns)
        triggers.look(now_ns)

    until = None if seconds is None else time.monotonic() + seconds
    return watch(
        StatusBoard(supervision),
        title,
        now_ns=time.monotonic_ns,
        done=lambda: supervision.ended or (until is not None and time.monotonic() > until),
        as_json=as_json,
        each=each,
    )


def _report(
    target: Path,
    sensors: "list[SensorStatus]",
    triggers: "TriggerSources",
    tape: "Tape",
    recorder: "Recorder",
    *,
    faults: dict[str, str],
    as_json: bool,
) -> None:
    result = {
        "folder": target,
        "readings": tape.counts,
        "sensors": {one.stream: {"state": one.state, "counters": one.counters} for one in sensors},
        "triggers": {name: {"why": triggers.why.get(name, ""), "counters": n} for name, n in triggers.counters.items()},
        "recorder": recorder.counters,
        "failure": None if recorder.failure is None else str(recorder.failure),
    }
    lines = [f"{one.stream}: {counted(one.counters)}" for one in sensors]
    lines += [f"{name}: {', '.join(f'{n} {what}' for what, n in c.items())}" for name, c in triggers.counters.items()]
    lines += [f"{name}: {why}" for name, why in triggers.why.items()]
    finish(
        result,
        as_json,
        text="\n".join([*lines, f"recorded to {target}"]),
        passed=recorder.failure is None and not faults,
    )
