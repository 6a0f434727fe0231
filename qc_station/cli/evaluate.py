"""Measure a bundle on a manifest's labelled recordings with onnxruntime alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import console, finish, json_option, note

if TYPE_CHECKING:
    from rich.table import Table


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--split", type=click.Choice(["train", "val", "test", "all"]), default="test", show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Threads of one inference.")
@json_option
def command(bundle: Path, manifest: Path, split: str, threads: int, as_json: bool) -> None:
    """Figures of BUNDLE on the recordings of MANIFEST; exit code 1 where a recording was refused."""
    from deploy.runtime import Runtime
    from qc_station.bundles import stream_tables
    from qc_station.errors import ManifestError
    from qc_station.evaluation import evaluate
    from qc_station.manifest.reading import read_manifest
    from qc_station.operating.point import policy_of, station_of

    runtime = Runtime(bundle, threads)
    reader = read_manifest(manifest, stream_tables(runtime.manifest), splits=None if split == "all" else (split,))
    items = [item for item in reader if item.windows]
    if not items:
        reader.check()
        raise ManifestError(f"{manifest}: no item in split {split!r}")
    result = evaluate(runtime, items, policy_of(station_of(bundle), runtime.manifest))
    for fault in reader.faults:
        note(str(fault))
    if not as_json:
        show(result)
    finish({**result, "refused": len(reader.faults)}, as_json, text="", passed=not reader.faults)


def show(result: dict[str, Any]) -> None:
    """Tables for people."""
    from qc_station.figures.rates import Rate

    out = console(as_json=False)
    out.print(f"{result['items']} items")
    for title, rows in (("task", result["tasks"]), ("streams that took part", result["subsets"])):
        out.print(_table(title, rows))
    for name in ("escape", "overkill", "review"):
        if found := result.get("verdicts", {}).get(name):
            out.print(f"{name}: {Rate(**found)}")
    if promise := result.get("verdicts", {}).get("promise"):
        out.print(f"by the operating point of this bundle: {promise}", soft_wrap=True)
    out.print(
        f"raw windows to scores, one part: p50 {result['latency_ms']['p50']:.2f} ms, p99 {result['latency_ms']['p99']:.2f} ms"
    )
    out.print("in brackets: exact 95 % bounds")


def _table(title: str, rows: dict[str, dict[str, Any]]) -> "Table":
    """A row for each task or set of streams; figures that none of them has are left out.

    What an accuracy was counted from stands in its own cell.
    """
    from rich.table import Table

    from qc_station.evaluation import COUNTED

    table = Table()
    table.add_column(title)
    columns = [name for row in rows.values() for name, value in row.items() if value is not None]
    columns = [name for name in dict.fromkeys(columns) if name not in COUNTED]
    for column in columns:
        table.add_column(column, justify="right")
    for name, row in rows.items():
        table.add_row(name, *(_cell(row, column) for column in columns))
    return table


def _cell(row: dict[str, Any], column: str) -> str:
    """A share with what it was counted from and its exact bounds; anything else as a number."""
    from qc_station.evaluation import COUNTED
    from qc_station.figures.rates import Rate

    if row.get(column) is None:
        return "-"
    return str(Rate(*(row[name] for name in COUNTED))) if column == "accuracy" else f"{row[column]:.3f}"
