"""Train a network on a station's items and write a verified candidate bundle."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import console, finish, json_option, note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from models.history import Epoch
    from models.profile import Profile

CHECKPOINT = "training.checkpoint"
"""File in the station's folder that a killed training leaves."""
MOST_SHOWN = 8
"""Rows of the table of losses, the heaviest first."""


class Progress:
    """A bar over the planned epochs and under it the losses of every input-output pair with their weights."""

    def __init__(self, as_json: bool) -> None:
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        text = TextColumn("{task.description}")
        self.bar = Progress(text, BarColumn(bar_width=40), TimeElapsedColumn())
        self.task = self.bar.add_task("training", total=None)
        self.live = Live(self.bar, console=console(as_json), refresh_per_second=4)

    def __enter__(self) -> "Progress":
        """Start to draw; where nobody watches, a line an epoch is printed instead."""
        if self.live.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last state on the screen."""
        self.live.stop()

    def __call__(self, epoch: "Epoch") -> None:
        """Show what an epoch came to."""
        from rich.console import Group

        shown = sorted(epoch.train, key=lambda output: -epoch.weights[output])[:MOST_SHOWN]
        if not self.live.console.is_terminal:
            losses = "  ".join(f"{name} {epoch.shown[name]:.3f} x {epoch.weights[name]:.2g}" for name in shown)
            note(f"epoch {epoch.number}/{epoch.planned}  {epoch.elapsed_s:.0f} s  loss x weight: {losses}")
            return
        done = f"training: epoch {epoch.number} of {epoch.planned}"
        self.bar.update(self.task, completed=epoch.number, total=epoch.planned, description=done)
        self.live.update(Group(self.bar, self.table(epoch, shown)))

    @staticmethod
    def table(epoch: "Epoch", shown: list[str]) -> "Table":
        """Loss in its own unit, what it is of an answer that never looks, weight and validation loss of some pairs."""
        from rich.table import Table

        table = Table("task", "loss", "of no skill", "weight", "validation")
        for name in shown:
            val = epoch.shown_val.get(name)
            row = (f"{epoch.shown[name]:.3f}", f"{epoch.train[name]:.0%}", f"{epoch.weights[name]:.2g}")
            table.add_row(name, *row, "-" if val is None else f"{val:.3f}")
        return table


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
        "validation_loss": {name: round(value, 4) for name, value in best.val.items()},
        "parity_max_abs_difference": candidate.parity.worst,
        "skipped_steps": outcome.skipped,
    }


@click.command()
@click.option(
    "--station", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True, help="Station folder."
)
@click.option("--seed", type=int, help="Instead of the seed in station.toml.")
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the number chosen from the items.")
@click.option("--budget", type=click.FloatRange(min=1), help="Seconds that training may take.")
@click.option("--weighting", help="Instead of the weighting in station.toml: a file name of models/weighting.")
@click.option("--resume", is_flag=True, help="Go on with a training that was killed; it ends with the same bits.")
@click.option("--profile", is_flag=True, help="Show the time and peak memory of each stage and path.")
@json_option
def command(station: Path, resume: bool, profile: bool, as_json: bool, **given: Any) -> None:
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


@contextmanager
def profiled(wanted: bool) -> "Iterator[Profile | None]":
    """An open profile, if one is wanted."""
    if not wanted:
        yield None
        return
    from models.profile import Profile

    with Profile() as profile:
        yield profile


def stages(profile: "Profile") -> dict[str, dict[str, float]]:
    """By stage, the slowest first: seconds, calls, and by how many MB the process's peak rose in it."""
    found = sorted(profile.stages.items(), key=lambda item: -item[1].seconds)
    return {
        name: {"seconds": round(s.seconds, 3), "calls": s.calls, "peak_growth_mb": round(s.peak_growth_bytes / 1e6, 1)}
        for name, s in found
    }


def profile_table(profile: dict[str, Any]) -> "Table":
    """The stages as people read them."""
    from rich.table import Table

    table = Table("stage and path", "seconds", "share", "calls", "ms a call", "peak memory +MB")
    for name, row in profile["stages"].items():
        share = f"{row['seconds'] / profile['seconds']:.1%}"
        each = f"{1e3 * row['seconds'] / row['calls']:.2f}"
        table.add_row(name, f"{row['seconds']:.2f}", share, str(row["calls"]), each, f"{row['peak_growth_mb']:.1f}")
    return table


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
