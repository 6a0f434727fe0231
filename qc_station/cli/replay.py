"""Play a recording as live sensors: as it was, faster, or as fast as it can be read."""

import time
from pathlib import Path

import click

from qc_station.cli.output import console, finish, json_option, note
from qc_station.cli.sensor_table import ends_by_signal, sensor_table, watch


@click.command()
@click.argument("recording", type=click.Path(exists=True, path_type=Path))
@click.option("--speed", type=click.FloatRange(min=0.01), default=1.0, show_default=True, help="2 is twice as fast.")
@click.option("--fast", is_flag=True, help="As fast as it can be read; every reading is checked.")
@json_option
def command(recording: Path, speed: float, fast: bool, as_json: bool) -> None:
    """Play RECORDING, a file or a folder of them, and show what its sensors delivered.

    A damaged recording plays up to its damage, and then the next one. Exits with 1 when one is damaged or not all was
    played; `qc-station recordings FOLDER --check` saves what is whole.
    """
    from qc_station.sensing.playing import PlayedTime, at_once, live, recorded
    from qc_station.sensing.status import StatusBoard

    found = recorded(recording)
    streams, counts = found.streams, found.counts
    for damage in found.damaged:
        note(damage)
    played, started = dict.fromkeys(streams, 0), time.monotonic()
    if fast:
        for reading in at_once(recording, streams):
            played[reading.stream] += 1
    else:
        now = PlayedTime(speed)
        with ends_by_signal(), live(recording, streams, now, lambda _: None) as supervision:
            supervision.start()
            title = f"{recording.name}, replayed at {speed:g} x"
            statuses = watch(
                StatusBoard(supervision), title, now_ns=now.now_ns, done=lambda: supervision.ended, as_json=as_json
            )
        played = {one.stream: one.counters["readings"] for one in statuses}
        console(as_json).print(sensor_table(statuses, title))
    seconds = round(time.monotonic() - started, 3)
    text = "\n".join(f"{name}: {played[name]} of {count} readings" for name, count in counts.items())
    result: dict[str, object] = {"recording": recording, "played": played, "recorded": counts, "seconds": seconds}
    result["damaged"] = found.damaged
    finish(result, as_json, text=text, passed=played == counts and not found.damaged)
