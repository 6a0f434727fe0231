"""List what people should look at: parts in review, and the items that are most worth a label."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qc_station.cli.output import console, finish, json_option
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from qc_station.labelling.queue import Waiting

MOST_SHOWN = 30
"""Rows of a table for people; JSON has all."""


@click.command()
@station_option()
@click.option(
    "--next",
    "count",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="How many are most worth a label.",
)
@click.option(
    "--bundle",
    type=click.Path(exists=True, path_type=Path),
    help="Score unlabelled items with it, instead of as decided.",
)
@json_option
def command(station: Path, count: int, bundle: Path | None, as_json: bool) -> None:
    """List the parts with the verdict REVIEW that nobody has labelled, and what to label next.

    Next are the items about which the network is least certain: the classes that it takes them for take turns, parts
    unlike anything learnt among them, and no recording is asked about twice. `qc-station label` says what one is.
    """
    from qc_station.config.loading import load_station
    from qc_station.labelling.queue import next_to_label, review_queue
    from qc_station.store import Store

    config = load_station(station)
    with Store.open(station) as store:
        queue = review_queue(store)
        scored = None
        if bundle is not None:
            from deploy.runtime import Runtime
            from qc_station.labelling.scoring import unlabelled_scores

            scored = unlabelled_scores(store, Runtime(bundle))
        picks = next_to_label(store, count, scored)
    lost = len(queue.without_windows)
    text = f"{len(queue.waiting)} parts wait for review" + (f", {lost} more left no window" if lost else "")
    if not as_json:
        _show(f"{config.name}: in review", queue.waiting)
        _show(f"{config.name}: what to label next", picks)
    result = {
        "station": config.name,
        "review": [asdict(one) for one in queue.waiting],
        "without_windows": list(queue.without_windows),
        "next": [asdict(one) for one in picks],
    }
    finish(result, as_json, text=text)


def _show(title: str, rows: "Sequence[Waiting]") -> None:
    """A table, the first rows of a long one."""
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        return
    table = Table("item", "group", "why", "streams", title=escape(title), title_style="bold")
    for one in rows[:MOST_SHOWN]:
        table.add_row(*map(escape, (one.item, one.group, one.reason, ", ".join(one.files))))
    out = console(as_json=False)
    out.print(table)
    if len(rows) > MOST_SHOWN:
        out.print(f"and {len(rows) - MOST_SHOWN} more; --json lists all")
