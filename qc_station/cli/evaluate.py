"""Measure a bundle on a manifest's labelled recordings with onnxruntime alone."""

from pathlib import Path
from typing import Any

import click

from qc_station.cli.output import console, finish, json_option, note


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
    from rich.table import Table

    out = console(as_json=False)
    for title, rows in (("task", result["tasks"]), ("streams that took part", result["subsets"])):
        table = Table(title=f"{result['items']} items" if title == "task" else None)
        table.add_column(title)
        columns = list(dict.fromkeys(name for row in rows.values() for name, v in row.items() if v is not None))
        for column in columns:
            table.add_column(column, justify="right")
        for name, row in rows.items():
            table.add_row(name, *("-" if row.get(c) is None else f"{row[c]:.3f}" for c in columns))
        out.print(table)
    for name in ("escape", "overkill"):
        if found := result.get("verdicts", {}).get(name):
            out.print(
                f"{name}: {found['count']} of {found['total']} (95 %: {found['lower']:.3f} to {found['upper']:.3f})"
            )
    if promise := result.get("verdicts", {}).get("promise"):
        out.print(f"by the operating point of this bundle: {promise}", soft_wrap=True)
    out.print(
        f"raw windows to scores, one part: p50 {result['latency_ms']['p50']:.2f} ms, p99 {result['latency_ms']['p99']:.2f} ms"
    )
