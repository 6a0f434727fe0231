"""Read a manifest's recordings into a station's store; bad files are reported, good ones kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qc_station.cli.output import console, finish, json_option, note
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from qc_station.items import Item
    from qc_station.manifest.reading import ManifestReader


@click.command()
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@station_option("The station's folder, as `qc-station init` made it.")
@json_option
def command(manifest: Path, station: Path, as_json: bool) -> None:
    """Read the recordings that MANIFEST names into the station's store.

    A structural fault (an item twice, a group in two splits, a path outside the folder, a class that training never
    shows) refuses the whole manifest before anything is written. A bad file refuses its row; the others are kept.
    Running it again continues: what is there already is skipped.
    """
    from qc_station.config.loading import load_station
    from qc_station.manifest.reading import read_manifest
    from qc_station.store import Store

    streams = load_station(station).streams
    reader = read_manifest(manifest, streams)
    with Store.open(station) as store:
        answer = store.add_items(_shown(reader), streams, source=str(manifest.resolve()))
        held = store.counts()["items"]
    faults = [*map(str, reader.faults), *(f"{manifest}: {line}" for line in answer.refused)]
    for fault in faults:
        note(fault)
    kept = f"{answer.added} items added, {answer.skipped} were there already, {held} are in the store"
    text = f"{kept}; {len(faults)} refused" if faults else kept
    result = {"station": station, "added": answer.added, "skipped": answer.skipped, "items": held, "faults": faults}
    finish(result, as_json, text=text, passed=not faults)


def _shown(reader: "ManifestReader") -> "Iterator[Item]":
    """The manifest's items, with a progress bar over its rows where a person watches."""
    from rich.progress import track

    screen = console(as_json=True)
    reader.faults.clear()
    for row in track(reader.rows, "reading", console=screen, disable=not screen.is_terminal):
        yield from reader.items(row)
