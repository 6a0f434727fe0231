"""Record the raw readings of a station's sensors as MCAP, to be replayed or looked at in Foxglove."""

import time
from pathlib import Path

import click

from qc_station.cli.output import finish, json_option, note
from qc_station.cli.sensor_table import counted, ends_by_signal, watch


@click.command()
@click.option(
    "--station",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The station's folder.",
)
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Default: STATION/recordings.")
@click.option("--seconds", type=click.FloatRange(min=0.5), help="How long; without it until Ctrl-C.")
@click.option("--budget-gb", type=click.FloatRange(min=0.2), default=10.0, show_default=True, help="Disk to use.")
@click.option("--trigger-every", type=click.FloatRange(min=0.01), help="Also record a trigger every so many seconds.")
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
    """Record every sensor of the station. After a power cut all but the last second is there at the next start.

    The oldest recordings make room for new ones. Exits with 1 when a sensor did not start or the disk refused.
    """
    from qc_station.config.drivers import driver_builds
    from qc_station.config.loading import FILE_NAME, load_station
    from qc_station.sensing.status import StatusBoard
    from qc_station.sensing.tape import Metronome, Tape
    from sensors.recordings.recorder import Recorder
    from sensors.supervision.station import StartupError, Supervision

    config = load_station(station)
    declared = {name: stream.stream(name) for name, stream in config.streams.items()}
    builds, target = driver_builds(config, station), folder or station / "recordings"
    text = (station / FILE_NAME).read_text(encoding="utf-8")
    recorder = Recorder(target, list(declared.values()), config=text, budget_bytes=round(budget_gb * 1e9))
    tape = Tape(recorder, note)
    supervision = Supervision(builds, tape.take, declared=declared)
    try:
        with ends_by_signal(), supervision:
            faults = supervision.start()
            if faults and not anyway:
                raise StartupError(faults)
            metronome = Metronome(trigger_every, tape.trigger, time.monotonic_ns())

            def each(now_ns: int) -> None:
                tape.look(supervision.healths, now_ns)
                metronome.look(now_ns)

            until = None if seconds is None else time.monotonic() + seconds
            statuses = watch(
                StatusBoard(supervision),
                f"{config.name}: recording to {target}",
                now_ns=time.monotonic_ns,
                done=lambda: supervision.ended or (until is not None and time.monotonic() > until),
                as_json=as_json,
                each=each,
            )
    finally:
        recorder.close()
    result = {
        "folder": target,
        "readings": tape.counts,
        "sensors": {one.stream: {"state": one.state, "counters": one.counters} for one in statuses},
        "recorder": recorder.counters,
        "failure": None if recorder.failure is None else str(recorder.failure),
    }
    lines = [f"{one.stream}: {counted(one.counters)}" for one in statuses]
    finish(
        result,
        as_json,
        text="\n".join([*lines, f"recorded to {target}"]),
        passed=recorder.failure is None and not faults,
    )
