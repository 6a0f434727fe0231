"""Audit recordings before training: leaks, copies, contradicting labels, shortcuts, and what each stream can teach."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qc_station.cli.output import console, finish, json_option, note
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from qc_station.audit.audit import Audit


@click.command()
@click.argument("manifest", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@station_option("Audit the items of this station's store instead of a manifest.", required=False)
@json_option
def command(manifest: Path | None, station: Path | None, as_json: bool) -> None:
    """Look at the recordings of MANIFEST, or of a station, from every side; exit code 1 where a fault is found.

    Equal and nearly equal windows in two splits, groups in two splits, windows under two labels, labels that the level,
    the clipping, the file size, the length or the order of a recording predicts or its group (lot, session) alone
    tells, classes and streams of which there is too little, and what a classical floor learns from each stream and pair.
    """
    from qc_station.audit.audit import audit
    from qc_station.audit.material import of_manifest, of_station

    if (manifest is None) == (station is None):
        raise click.UsageError("give either a MANIFEST or --station DIR")
    material = of_manifest(manifest) if manifest is not None else of_station(station or Path())
    result = audit(material, note)
    if not as_json:
        show(result, console(as_json))
    finish(result.as_json(), as_json, text=summary(result), passed=result.passed)


def summary(result: "Audit") -> str:
    """The number of findings by severity."""
    severities = [finding.severity.value for finding in result.findings]
    told = ", ".join(
        f"{severities.count(s)} {s}{'s' if severities.count(s) != 1 else ''}" for s in dict.fromkeys(severities)
    )
    return f"{result.items} items: {told or 'nothing to be said against them'}"


def show(result: "Audit", out: "Console") -> None:
    """Tables for people."""
    from rich.table import Table

    out.print(result.source, markup=False, soft_wrap=True)
    table = Table("streams of an item", "items")
    for streams, count in result.streams.items():
        table.add_row(streams or "none", str(count))
    out.print(table)
    for column, classes in result.counts.items():
        splits = [s for s in ("train", "val", "test", "none") if any(counts[s] for counts in classes.values())]
        table = Table(column, *splits)
        for name, counts in classes.items():
            table.add_row(name, *(str(counts[split]) for split in splits))
        out.print(table)
    if result.lessons:
        out.print(_lessons(result))
    for finding in result.findings:
        lines = [f"{finding.severity.value} ({finding.kind}): {finding.what}", f"do: {finding.advice}"]
        lines[1:1] = [f"items: {finding.where}"] if finding.items else []
        out.print("\n    ".join(lines), markup=False, highlight=False, soft_wrap=True)


def _lessons(result: "Audit") -> "Table":
    from rich.table import Table

    table = Table("label", "what the floor learns from", "items", "accuracy", "AUC (95 %)", "log loss")
    for one in result.lessons:
        bounds = "" if one.lower is None else f" ({one.lower:.2f} to {one.upper:.2f})"
        auc = "-" if one.auc is None else f"{one.auc:.3f}{bounds}"
        streams = " + ".join(one.streams)
        table.add_row(one.column, streams, str(one.items), f"{one.accuracy:.3f}", auc, f"{one.log_loss:.3f}")
    return table
