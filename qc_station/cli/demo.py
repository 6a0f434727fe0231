"""Run the main job on a simulated line: record, train, export, verify, inspect a second shift."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import console, finish, json_option, note

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


@click.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("demo_line"), show_default=True, help="Station to make."
)
@click.option(
    "--parts", type=click.IntRange(min=60), default=1400, show_default=True, help="Parts of the recorded shift."
)
@click.option(
    "--inspected", type=click.IntRange(min=20), default=400, show_default=True, help="Parts of the inspected shift."
)
@click.option(
    "--budget", type=click.FloatRange(min=1), default=120.0, show_default=True, help="Seconds that training may take."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of the simulated line and of the parts that pass it."
)
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="Also draw the result as SVG.")
@json_option
def command(
    folder: Path, parts: int, inspected: int, budget: float, seed: int, picture: Path | None, as_json: bool
) -> None:
    """Three simulated sensors, one network, verdicts against known truth. Everything it shows is simulated."""
    import msgspec

    from deploy.runtime import Runtime
    from qc_station.bundles import FOLDER
    from qc_station.cli.progress import Progress
    from qc_station.config.writing import write_station
    from qc_station.demo import first_champion, fresh, inspect_shift, record_shift, summary
    from qc_station.learning.training import train_candidate
    from qc_station.line.simulation import shift, station
    from qc_station.store import Store

    target = fresh(folder)
    config = station()
    config = msgspec.structs.replace(config, training=msgspec.structs.replace(config.training, budget_s=budget))
    note(f"simulated line in {target}: recording a shift of {parts} parts")
    write_station(target, config)
    with Store.open(target) as store:
        # One line with its own sensors: what is inspected passes it after what was recorded.
        line = shift(seed, parts + inspected)
        recorded = record_shift(store, config, islice(line, parts))
        note("recorded with known truth, split by time: " + ", ".join(f"{k} {v}" for k, v in recorded.items()))
        with Progress(as_json) as progress:
            candidate = train_candidate(config, store.items(splits=("train", "val")), target / FOLDER, progress)
        note(f"training ended: {candidate.outcome.reason}")
        note(
            f"exported and verified: largest difference to training {candidate.parity.worst:.1e} over {candidate.parity.comparisons} comparisons"
        )
        if candidate.floor:
            note(candidate.floor["message"])
        runtime = Runtime(candidate.folder)
        first_champion(target, config, candidate.folder)
        note(f"inspecting a second shift of {inspected} parts")
        found = list(inspect_shift(runtime, store, line))
    result = {"bundle": str(candidate.folder), "recorded": recorded} | summary(found, runtime)
    out = console(as_json)
    show(out, result)
    if picture:
        draw(picture, result)
    finish(result, as_json, text=f"station: {target}   bundle: {candidate.folder}")


def show(out: "Console", result: dict[str, Any]) -> None:
    """The tables that end the demo."""
    out.print(verdict_table(result))
    out.print(sensor_table(result))
    for name, meaning in (("escape", "bad parts that passed"), ("overkill", "good parts that were rejected")):
        out.print(f"{name} ({meaning}): {share(result[name])}")
    scores, stored = result["latency_ms"]["scores"], result["latency_ms"]["stored"]
    out.print(
        f"latency after the last window closed: scores p50 {scores['p50']:.2f} ms, p99 {scores['p99']:.2f} ms; "
        f"verdict on disk p50 {stored['p50']:.2f} ms, p99 {stored['p99']:.2f} ms"
    )


def verdict_table(result: dict[str, Any]) -> "Table":
    """Verdicts against truth, a row per class."""
    from rich.table import Table

    table = Table(title=f"SIMULATED: {result['parts']} parts, second shift", title_style="bold")
    table.add_column("truth")
    for name in ("PASS", "REJECT", "REVIEW"):
        table.add_column(name, justify="right")
    for truth, row in result["by_class"].items():
        table.add_row(truth, *(str(row[name]) for name in ("PASS", "REJECT", "REVIEW")))
    return table


def sensor_table(result: dict[str, Any]) -> "Table":
    """The station beside what each sensor alone would have said."""
    from rich.table import Table

    table = Table(title="All sensors, and each alone: percent [exact 95 % bounds]", title_style="bold")
    for name in ("", "escape", "overkill", "review"):
        table.add_column(name)
    rows = {"all sensors": result} | {f"{name} alone": row for name, row in result["alone"].items()}
    for name, row in rows.items():
        review = sum(row["verdicts"][truth]["REVIEW"] for truth in ("ok", "not_ok"))
        table.add_row(name, bounded(row["escape"]), bounded(row["overkill"]), f"{review} of {result['parts']}")
    return table


def bounded(found: dict[str, Any]) -> str:
    """A rate with its bounds, short enough for a table, in percent."""
    if not found["total"]:
        return "-"
    share, lower, upper = (100 * x for x in (found["count"] / found["total"], found["lower"], found["upper"]))
    return f"{share:.1f} [{lower:.1f}, {upper:.1f}]"


def share(found: dict[str, Any]) -> str:
    """A rate with its bounds, in words."""
    from qc_station.figures.rates import Rate

    return str(Rate(**found))


def draw(file: Path, result: dict[str, Any]) -> None:
    """The tables as a picture that needs no font from elsewhere."""
    import io
    import re

    from rich.console import Console

    paper = Console(record=True, width=100, file=io.StringIO())
    show(paper, result)
    svg = paper.export_svg(title="qc-station demo (simulated)")
    file.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")
