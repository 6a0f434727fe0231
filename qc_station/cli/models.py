"""List a station's bundles beside the champion and the floor on the challenge set, with exact bounds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import console, finish, json_option
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from rich.table import Table

    from qc_station.champion.standings import Standings


@click.command()
@station_option()
@click.option("--no-floor", is_flag=True, help="Do not fit the classical floor; it takes seconds to minutes.")
@json_option
def command(station: Path, no_floor: bool, as_json: bool) -> None:
    """Ask every bundle of the station about the labelled parts of the split `challenge`, or of `test`.

    Every rate has its exact bounds; beside the champion a paired test says whether a difference is more than chance.
    """
    from qc_station.champion.standings import standings
    from qc_station.config.loading import load_station

    config = load_station(station)
    found = standings(station, config)
    floor = None if no_floor else _floor(station, found)
    result = found.as_json() | {"station": config.name, "floor": floor}
    if not as_json:
        console(as_json).print(_table(found, floor))
    text = f"{len(found.challenge.items)} parts of the split {found.challenge.split or 'test or challenge: none'}"
    finish(result, as_json, text="\n".join((text, *_refusals(found))))


def _refusals(found: "Standings") -> list[str]:
    """Why each bundle cannot be used, or would not be promoted; under the table, whose columns are too narrow for it."""
    whys = {one.bundle[:12]: [one.fault] if one.fault else list(one.failed) for one in found.bundles}
    return [f"{bundle} would not be promoted: {why}" for bundle, reasons in whys.items() for why in reasons]


def _floor(station: Path, found: "Standings") -> dict[str, Any]:
    """The floor's figures there and its test against the champion, or why there are none."""
    from qc_station.champion.challenge import figures_of
    from qc_station.config.loading import load_station
    from qc_station.errors import ConfigError
    from qc_station.store import Store

    try:
        from qc_station.learning.challenging import floor_answers
    except ImportError as error:
        return {"fault": f"the floor needs the package {error.name!r}: pip install 'qc-station[train]'"}
    config = load_station(station)
    with Store.open(station) as store:
        items = [store.load(entry) for entry in store.entries(("train", "val", None)) if entry.labels]
    try:
        answers = floor_answers(config, items, found.challenge)
    except ConfigError as error:
        return {"fault": str(error)}
    compared = found.beside_champion(answers, config.ok_classes)
    figures = figures_of(answers, found.challenge.good(config.ok_classes))
    return figures.as_json() | {"compared": compared and compared.as_json()}


def _table(found: "Standings", floor: dict[str, Any] | None) -> "Table":
    """A row for each bundle and one for the floor."""
    from rich.markup import escape
    from rich.table import Table

    from qc_station.figures.rates import Rate

    table = Table(title="challenge set")
    for name in ("", "bundle"):
        # Whole in the narrowest terminal: `promote` wants the name as it stands here.
        table.add_column(name, no_wrap=True, overflow="fold")
    for name in ("accuracy", "escape", "overkill", "review", "beside the champion"):
        table.add_column(name, overflow="fold")
    for one in found.bundles:
        if one.figures is None:
            table.add_row(one.role, one.bundle[:12], *("-",) * 4, "cannot be used" if one.fault else "nothing to ask")
            continue
        rates = [str(one.figures.rates[name]) for name in ("accuracy", "escape", "overkill", "review")]
        table.add_row(one.role, one.bundle[:12], *rates, _beside(one.compared.as_json() if one.compared else None))
    if floor:
        cells = [str(Rate(**floor[n])) if n in floor else "-" for n in ("accuracy", "escape", "overkill", "review")]
        table.add_row("floor", "-", *cells, escape(floor.get("fault") or _beside(floor["compared"])))
    return table


def _beside(compared: dict[str, Any] | None) -> str:
    """Parts whose class one of the two alone has right, and how often chance would do as much."""
    if compared is None:
        return "-"
    test = compared["classes"]
    return f"+{test['only_first']} -{test['only_second']}, p {test['p']:.2g}"
