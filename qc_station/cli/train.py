"""Train a network on a station's items and write a verified candidate bundle."""

from pathlib import Path
from typing import Any

import click

from qc_station.cli.output import console, finish, json_option, note
from qc_station.cli.profile_table import profile_table, profiled, stages
from qc_station.cli.progress import Progress
from qc_station.cli.station import station_option

CHECKPOINT = "training.checkpoint"
"""File in the station's folder that a killed training leaves."""


def summary(candidate: Any) -> dict[str, Any]:
    """What a training came to, for people and programs."""
    outcome = candidate.outcome
    best = outcome.epochs[outcome.best - 1]
    return {
        "bundle": str(candidate.folder),
        "ended": outcome.reason,
        "epochs": len(outcome.epochs),
        "best_epoch": outcome.best,
        "seconds": round(outcome.epochs[-1].elapsed_s, 1),
        "validation_loss": {name: round(value, 4) for name, value in best.shown_val.items()},
        "validation_loss_relative_to_no_skill": {name: round(value, 4) for name, value in best.val.items()},
        "parity_max_abs_difference": candidate.parity.worst,
        "floor": candidate.floor["message"] if candidate.floor else "nothing to compare with",
        "skipped_steps": outcome.skipped,
        "notes": list(candidate.notes),
    }


@click.command()
@station_option()
@click.option("--seed", type=int, help="Instead of the seed in station.toml.")
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the number chosen from the items.")
@click.option("--budget", type=click.FloatRange(min=1), help="Seconds that training may take.")
@click.option("--weighting", help="Instead of the weighting in station.toml: a file name of models/weighting.")
@click.option("--resume", is_flag=True, help="Go on with a training that was killed; it ends with the same bits.")
@click.option("--find-rate", is_flag=True, help="Only look for a learning rate: one sweep, and nothing is kept.")
@click.option("--profile", is_flag=True, help="Show the time and peak memory of each stage and path.")
@json_option
def command(station: Path, resume: bool, find_rate: bool, profile: bool, as_json: bool, **given: Any) -> None:
    """Train on the station's training items, validate on its validation items; test items are never loaded.

    Started by torchrun, several processes train one network together.
    """
    import msgspec

    from qc_station.config.loading import load_station
    from qc_station.errors import ConfigError
    from qc_station.store import Store

    config = load_station(station)
    given["budget_s"] = given.pop("budget")
    chosen = msgspec.structs.replace(config.training, **{k: v for k, v in given.items() if v is not None})
    config = msgspec.structs.replace(config, training=chosen)
    try:
        from models.exchange import together
    except ImportError as error:
        raise ConfigError(f"training needs the package {error.name!r}: pip install 'qc-station[train]'") from error
    with Store.open(station) as store:
        items = list(store.items(splits=("train", "val", None)))
    if find_rate:
        result, words = rate_sweep(config, items)
        finish(result, as_json, text=words)
        return
    with together() as first:
        if first:
            note(f"{len(items)} training and validation items")
        with profiled(profile and first) as spent:
            candidate = run(config, items, station, resume, first, as_json)
    if not candidate:
        return
    result = summary(candidate)
    if spent:
        result["profile"] = {"seconds": round(spent.seconds, 2), "stages": stages(spent)}
        console(as_json).print(profile_table(result["profile"]))
    finish(result, as_json)


def rate_sweep(config: Any, items: Any) -> tuple[dict[str, Any], str]:
    """The sweep for programs and for people."""
    from dataclasses import asdict

    from models.rate_finder import find_rate
    from qc_station.errors import ConfigError
    from qc_station.learning.training import prepare

    try:
        sweep = find_rate(prepare(config, items).trainer)
    except ValueError as error:
        raise ConfigError(f"no learning rate can be found: {error}") from error
    return asdict(sweep), sweep.words()


def run(config: Any, items: Any, station: Path, resume: bool, first: bool, as_json: bool) -> Any:
    """Train, with a checkpoint in the station's folder; the candidate, None in a process that only helps."""
    from models.checkpoint import Checkpoints
    from qc_station.bundles import FOLDER
    from qc_station.learning.training import publish, train

    keeper = Checkpoints(station / CHECKPOINT)
    if not first:
        train(config, items, checkpoints=keeper, resume=resume)
        return None
    with Progress(as_json) as progress:
        trained = train(config, items, progress, keeper, resume=resume)
    candidate = publish(trained, station / FOLDER)
    keeper.done()
    return candidate
