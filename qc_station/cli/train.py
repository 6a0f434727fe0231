"""Train a network on a station's items and write a verified candidate bundle."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import console, finish, json_option, note

if TYPE_CHECKING:
    from models.trainer import Epoch

MOST_SHOWN = 6
"""Losses beside the bar, the heaviest first."""


class Progress:
    """A bar over the planned epochs; after each, the losses with their weights."""

    def __init__(self, as_json: bool) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        bar = BarColumn(bar_width=24)
        text = TextColumn("{task.description}")
        self.bar = Progress(TextColumn("training"), bar, text, TimeElapsedColumn(), console=console(as_json))
        self.task = self.bar.add_task("", total=None)

    def __call__(self, epoch: "Epoch") -> None:
        """Move the bar and show what the epoch came to."""
        heaviest = sorted(epoch.train, key=lambda output: -epoch.weights[output])[:MOST_SHOWN]
        shown = "  ".join(f"{name} {epoch.train[name]:.3f} x {epoch.weights[name]:.2g}" for name in heaviest)
        val = sum(epoch.val.values()) / max(1, len(epoch.val))
        text = f"epoch {epoch.number}/{epoch.planned}  validation {val:.3f}  loss x weight: {shown}"
        self.bar.update(self.task, completed=epoch.number, total=epoch.planned, description=text)
        if not self.bar.console.is_terminal:
            note(text)


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
@json_option
def command(station: Path, seed: int | None, epochs: int | None, budget: float | None, as_json: bool) -> None:
    """Train on the station's training items, validate on its validation items; test items are never loaded."""
    import msgspec

    from qc_station.bundles import FOLDER
    from qc_station.config.loading import load_station
    from qc_station.errors import ConfigError
    from qc_station.store import Store

    config = load_station(station)
    given = {"seed": seed, "epochs": epochs, "budget_s": budget}
    chosen = msgspec.structs.replace(config.training, **{k: v for k, v in given.items() if v is not None})
    config = msgspec.structs.replace(config, training=chosen)
    try:
        from qc_station.learning.training import train_candidate
    except ImportError as error:
        raise ConfigError(f"training needs the package {error.name!r}: pip install 'qc-station[train]'") from error
    with Store.open(station) as store:
        items = list(store.items(splits=("train", "val", None)))
    note(f"{len(items)} training and validation items")
    progress = Progress(as_json)
    with progress.bar:
        candidate = train_candidate(config, items, station / FOLDER, progress)
    finish(summary(candidate), as_json)
