"""Say of every stream whether its parts are still what they were, by what was decided so far."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import console, finish, json_option
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from qc_station.drift.stream import Alarm, StreamDrift
    from qc_station.drift.watch import DriftWatch


@click.command()
@station_option()
@json_option
def command(station: Path, as_json: bool) -> None:
    """Look for drift in the novelty of the station's parts, stream by stream; exit code 1 where an alarm stands.

    Two questions are asked of each stream: whether its parts are still like those before them, and whether they are like
    the validation items of the bundle's training. A stream that does not change gives a false alarm within 10 000 parts
    with a probability of at most 1 %, whatever its p-values look like. Parts that another bundle decided are not counted:
    with every new bundle the test begins anew, and so do its alarms.

    What is asked is whether the order of the parts says anything. A sensor that wanders slowly, as gas sensors do, or that
    was replaced by another one is named with right, whether or not its verdicts suffer yet.
    """
    from qc_station.config.loading import load_station
    from qc_station.drift.watch import DriftWatch
    from qc_station.store import Store

    config = load_station(station)
    with Store.open(station) as store:
        watch = DriftWatch(station, store)
        watch.catch_up()
        streams = {name: described(watch, one) for name, one in watch.streams.items()}
        said = watch.standing
    if not as_json:
        show(config.name, streams)
    text = "\n".join(said) or ("no drift" if streams else "no part was decided by a bundle that tells novelty")
    result = {"station": config.name, "bundle": watch.bundle or None, "streams": streams, "alarms": said}
    finish(result, as_json, text=text, passed=not said)


def described(watch: "DriftWatch", one: "StreamDrift") -> dict[str, Any]:
    """A stream for programs: `evidence` is what the bets have gained as a share of what is an alarm."""
    from math import log

    gains = {question: detector.log_gain for question, detector in one.detectors.items()}
    return {
        "parts": one.parts,
        "first_part": watch.decision(one.first).part,
        "log10_martingale": {question.value: gain / log(10) for question, gain in gains.items()},
        "log10_threshold": one.LIMIT / log(10),
        "evidence": {question.value: one.evidence(question) for question in one.detectors},
        "alarms": {question.value: alarm_of(watch, alarm) for question, alarm in one.alarms.items()},
    }


def alarm_of(watch: "DriftWatch", alarm: "Alarm") -> dict[str, Any]:
    """An alarm with the parts and times at which the change began and was found."""
    begun, found = watch.decision(alarm.begun), watch.decision(alarm.found)
    return {
        "parts_are": alarm.word,
        "since_part": begun.part,
        "since_ns": begun.decided_ns,
        "found_part": found.part,
        "found_ns": found.decided_ns,
    }


def show(name: str, streams: dict[str, dict[str, Any]]) -> None:
    """A table for people."""
    from rich.markup import escape
    from rich.table import Table

    if not streams:
        return
    table = Table("stream", "parts", "first part", "against", "evidence", "alarm", title=escape(name))
    for stream, row in streams.items():
        for question, gain in row["log10_martingale"].items():
            alarm = row["alarms"].get(question)
            said = "none" if alarm is None else f"{alarm['parts_are']} since {alarm['since_part']}"
            evidence = f"10^{max(gain, 0):.1f} of 10^{row['log10_threshold']:.1f}"
            cells = (stream, str(row["parts"]), row["first_part"], QUESTIONS[question], evidence, said)
            table.add_row(*map(escape, cells))
    console(as_json=False).print(table)


QUESTIONS = {"before": "parts before", "training": "training"}
"""What parts are compared with, in words."""
