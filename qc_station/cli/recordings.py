"""List the recordings of a station, repair what a power cut left, set damaged ones aside."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import console, finish, json_option, note

if TYPE_CHECKING:
    from sensors.recordings.recording import Recording


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Read every byte, and not the index of each file alone.")
@json_option
def command(folder: Path, check: bool, as_json: bool) -> None:
    """List what was recorded in FOLDER; a station's own are in STATION/recordings.

    What a crash left open is turned into whole recordings. What is damaged is moved to FOLDER/quarantine, and all that is
    whole in it is saved under its old name. Exits with 1 when something was moved or could not be saved.
    """
    from sensors.recordings.quarantine import FOLDER
    from sensors.recordings.repair import repair
    from sensors.recordings.shelf import shelf

    mended, found = repair(folder), shelf(folder, check=check)
    aside, faults = [*mended.quarantined, *found.quarantined], [*mended.failed, *found.failed]
    for path in aside:
        note(f"damaged and set aside: {path}")
    for fault in faults:
        note(fault)
    recovered = [*(one for one in mended.recovered if one.path is not None), *found.recovered]
    rows = [_row(recording) for recording in found.recordings]
    console(as_json).print(_table(rows))
    result = {
        "recordings": rows,
        "recovered": len(recovered),
        "damaged_bytes": sum(one.damaged_bytes for one in recovered),
        "set_aside": aside,
        "quarantine": len(list((folder / FOLDER).glob("*"))),
        "faults": faults,
    }
    text = f"{len(rows)} recordings, {len(recovered)} recovered, {len(aside)} set aside"
    finish(result, as_json, text=text, passed=not aside and not faults)


def _row(recording: "Recording") -> dict[str, Any]:
    begun = datetime.fromtimestamp(recording.declaration.wall_ns / 1e9, UTC)
    return {
        "file": recording.path.name,
        "begun": begun.isoformat(timespec="seconds"),
        "seconds": round((recording.end_ns - recording.start_ns) / 1e9, 1),
        "megabytes": round(recording.path.stat().st_size / 1e6, 1),
        "readings": recording.counts,
    }


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table()
    # A name that is cut off cannot be given to another command.
    for column in ("file", "begun (UTC)", "seconds", "MB", "readings"):
        table.add_column(column, overflow="fold")
    for row in rows:
        counts = ", ".join(f"{name} {count}" for name, count in row["readings"].items())
        table.add_row(row["file"], row["begun"], str(row["seconds"]), str(row["megabytes"]), counts)
    return table
