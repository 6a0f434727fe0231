"""Say what an item is, take it back, or show what was said."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.login import login
from qc_station.cli.output import finish, json_option
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qc_station.config.station import StationConfig
    from qc_station.labelling.statement import Statement
    from qc_station.store import Store


@click.command()
@click.argument("item")
@click.argument("class_", metavar="[CLASS]", required=False)
@station_option()
@click.option("--stream", help="The stream whose window shows it; without it the whole part is meant.")
@click.option("--severity", type=float, help="How bad it is.")
@click.option("--by", "who", help="Who says so; without it the user of this login.")
@click.option("--new-class", is_flag=True, help="CLASS is one that nobody named before.")
@click.option("--undo", is_flag=True, help="Take back what was said last; again: what was said before it.")
@json_option
def command(
    item: str,
    class_: str | None,
    station: Path,
    stream: str | None,
    severity: float | None,
    who: str | None,
    new_class: bool,
    undo: bool,
    as_json: bool,
) -> None:
    """Say that ITEM is of CLASS; without CLASS, severity and --undo show what was said about it.

    It is on the disk before the command ends. Nothing is overwritten: the history keeps who said what and when. A live
    part becomes a training item with its first label.
    """
    from qc_station.config.loading import load_station
    from qc_station.labelling.statement import Statement
    from qc_station.store import Store

    if undo and (class_, stream, severity, new_class) != (None, None, None, False):
        raise click.UsageError("--undo takes back all that was said last; it takes no class, stream or severity")
    if new_class and class_ is None:
        raise click.UsageError("--new-class needs a CLASS")
    statement = Statement(item=item, label=class_, severity=severity, stream=stream, new_class=new_class)
    with Store.open(station) as store:
        said = _done(store, load_station(station), statement, who, undo=undo)
        (entry,) = (entry for entry in store.entries() if entry.name == item)
        history = store.label_history(item)
    labels = ", ".join(f"{column} {value}" for column, value in entry.labels.items()) or "no label"
    result: dict[str, Any] = {"item": item, "labels": entry.labels, "split": entry.split, "history": history}
    finish(result, as_json, text="\n".join([f"{item}: {labels}{said}", *(() if said else map(_line, history))]))


def _done(store: "Store", config: "StationConfig", statement: "Statement", who: str | None, *, undo: bool) -> str:
    """Do as asked; what was done, in words, nothing where people only look."""
    from qc_station.labelling.statement import found, say

    found(store.entries(), store, statement.item)
    if undo:
        store.take_back(statement.item, who or login("who labels with --by"))
        return " (taken back)"
    if statement.label is None and statement.severity is None and statement.stream is None:
        return ""
    who = who or login("who labels with --by")
    say(store, config, statement, who)
    return f" (said by {who})"


def _line(said: "Mapping[str, Any]") -> str:
    """One line of the history."""
    from datetime import UTC, datetime

    when = datetime.fromtimestamp(said["created_ns"] / 1e9, UTC)
    value = "nothing" if said["value"] is None else said["value"]
    undone = "" if said["undoes"] is None else ", taking back what was said before"
    return f"  {when:%Y-%m-%d %H:%M:%S} UTC  {said['who']}: {said['column']} {value}{undone}"
