"""Run a simulated line behind real wires: a serial port, a camera and a sound that every command reads as its sensors."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from qc_station.cli.output import finish, json_option, note
from qc_station.cli.sensor_table import ends_by_signal


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--parts", type=click.IntRange(min=1), default=120, show_default=True, help="How many pass.")
@click.option("--per-minute", type=click.FloatRange(min=1, max=600), default=60.0, show_default=True, help="How fast.")
@click.option("--bad", type=click.FloatRange(min=0, max=1), default=0.5, show_default=True, help="Share with a defect.")
@click.option("--kind", "kinds", multiple=True, help="A kind of defect; again for further ones. Default: the demo's.")
@click.option(
    "--severity", type=(float, float), default=(0.25, 1.0), show_default=True, help="Least and greatest, up to 1."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    help="STREAM:FAULT:AT:FOR in seconds, e.g. enose:unplug:10:5, and KEY=VALUE for a parameter, e.g. "
    "acoustic:clock_drift:5:20:ppm=200; again for further ones. `--fault list` shows faults, parameters and streams.",
)
@click.option("--rough", is_flag=True, help="A loud floor, a drifting camera with a shutter, changing air.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same parts and samples.")
@json_option
def command(
    folder: Path,
    parts: int,
    per_minute: float,
    bad: float,
    kinds: tuple[str, ...],
    severity: tuple[float, float],
    faults: tuple[str, ...],
    rough: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Make a station in FOLDER whose sensors are simulated, and let parts pass until all have or Ctrl-C is pressed.

    In another terminal: `qc-station sensors --station FOLDER --watch`, `qc-station record --station FOLDER`. Everything
    that its sensors say is simulated. Its station.toml is written anew at every start. Exits with 1 when a simulated
    device itself breaks down, which is no fault that --fault asked for.
    """
    from qc_station.errors import ConfigError
    from qc_station.line.fault_text import fault_table, faults_of
    from qc_station.line.wired import WiredLine
    from sensors.simulated.conditions import ROUGH
    from sensors.simulated.line import Pace
    from sensors.simulated.mix import USUAL_WEIGHTS, Mix

    if "list" in faults:
        finish({"faults": fault_table()}, as_json, text="\n".join(map(_described, fault_table())))
        return
    chosen = faults_of(faults, time.monotonic_ns())
    weights = dict.fromkeys(kinds, 1.0) or USUAL_WEIGHTS
    try:
        pace, mix = Pace.per_minute(per_minute), Mix(bad_share=bad, weights=weights, severities=severity)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    conditions = ROUGH if rough else None
    line = WiredLine(folder, seed=seed, parts=parts, pace=pace, mix=mix, conditions=conditions, faults=chosen)
    note(f"SIMULATED line in {folder}: {parts} parts, {per_minute:g} a minute; Ctrl-C ends it")
    note(f"look at its sensors: qc-station sensors --station {folder} --watch")
    with ends_by_signal(), suppress(KeyboardInterrupt), line:
        while not line.ended:
            time.sleep(0.2)
    passed = line.passed(time.monotonic_ns())
    for name, failure in line.failures.items():
        note(f"the simulated device of stream '{name}' has broken down, which ended the line: {failure}")
    counters = {name: device.counters for name, device in line.devices.items()}
    result = {"simulated": True, "folder": folder, "passed": passed, "parts": parts, "devices": counters}
    text = f"{passed} of {parts} simulated parts have passed"
    finish(result | {"failures": line.failures}, as_json, text=text, passed=not line.failures)


def _described(fault: Mapping[str, Any]) -> str:
    """One line of the list: a fault, its parameters as they usually are, and the streams that it can happen to."""
    usual = [f"{key}={'END' if value is None else value}" for key, value in fault["parameters"].items()]
    return f"{' '.join([fault['fault'], *usual]):<48} {', '.join(fault['streams'])}"
