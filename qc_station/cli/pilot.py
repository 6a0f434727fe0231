"""Train shortly on each stream and on each two, say which help one another, and propose the training's first weights."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import console, finish, json_option, note
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from models.pilot import Pilot


@click.command()
@station_option()
@click.option("--seed", type=int, help="Instead of the seed in station.toml.")
@click.option("--epochs", type=click.IntRange(min=1), default=8, show_default=True, help="Passes of each training.")
@click.option(
    "--budget",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    help="Seconds for all trainings together.",
)
@click.option("--write", is_flag=True, help="Put the weights into station.toml.")
@json_option
def command(station: Path, seed: int | None, epochs: int, budget: float, write: bool, as_json: bool) -> None:
    """Pilot on the station's training items, judged by its validation items; test items are never loaded."""
    import msgspec

    from qc_station.config.loading import load_station
    from qc_station.config.weights import weights_table, write_weights
    from qc_station.errors import ConfigError
    from qc_station.store import Store

    config = load_station(station)
    given = {"budget_s": budget} | ({} if seed is None else {"seed": seed})
    config = msgspec.structs.replace(config, training=msgspec.structs.replace(config.training, **given))
    try:
        from qc_station.learning.piloting import run_pilot
    except ImportError as error:
        raise ConfigError(f"a pilot needs the package {error.name!r}: pip install 'qc-station[train]'") from error
    with Store.open(station) as store:
        items = list(store.items(splits=("train", "val", None)))
    note(f"{len(items)} training and validation items")

    def said(probe: Any) -> None:
        losses = "  ".join(f"{name} {loss:.3f}" for name, loss in probe.val.items())
        note(f"{' + '.join(probe.streams)}, {probe.epochs} epochs, validation loss (1: no skill): {losses}")

    found = run_pilot(config, items, epochs, said)
    if found.probes[0].epochs < epochs:
        note(f"only {found.probes[0].epochs} of {epochs} epochs fit into {budget:g} s; more say more")
    if not as_json:
        show(found)
    if write:
        write_weights(station, found.weights, f"by a pilot of {len(found.probes)} trainings of {epochs} epochs")
    lines = ["", *weights_table(found.weights)]
    if write:
        lines.append(f"written to {station / 'station.toml'}")
    finish({**summary(found), "written": write}, as_json, text="\n".join(lines))


def summary(found: "Pilot") -> dict[str, Any]:
    """The pilot for programs."""
    return {
        "trainings": [
            {
                "streams": p.streams,
                "epochs": p.epochs,
                "validation_loss_relative_to_no_skill": p.val,
                "training_loss_relative_to_no_skill": p.train,
            }
            for p in found.probes
        ],
        "pairs": [
            {
                "streams": p.streams,
                "task": p.task,
                "verdict": p.verdict,
                "loss": p.loss,
                "alone": p.alone,
                "gain": p.gain,
                "error": p.error,
                "items": p.items,
            }
            for p in found.pairs
        ],
        "tasks": {w.column: {"gain": w.gain, "overfit": w.overfit, "streams": w.streams} for w in found.worths},
        "weights": found.weights,
        "words": found.words(),
    }


def show(found: "Pilot") -> None:
    """Losses by training and what follows, for people."""
    from rich.table import Table

    out = console(as_json=False)
    tasks = [worth.column for worth in found.worths]
    table = Table("validation loss (1: no skill)", *tasks)
    for probe in found.probes:
        known = {output.removesuffix(":joint"): loss for output, loss in probe.val.items()}
        table.add_row(" + ".join(probe.streams), *(f"{known[t]:.3f}" if t in known else "-" for t in tasks))
    out.print(table)
    for sentence in found.words():
        out.print(sentence, soft_wrap=True)
