"""How a training comes along: a bar and the losses of its input-output pairs."""

from typing import TYPE_CHECKING

from qc_station.cli.output import console, note

if TYPE_CHECKING:
    from rich.table import Table

    from models.history import Epoch

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
