"""Prove on held-out parts how many bad ones a bundle lets pass, and let the line decide by that proof."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.bundle import bundle_folder
from qc_station.cli.output import console, finish, json_option, note
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qc_station.items import Item
    from qc_station.operating.held import Held
    from qc_station.operating.proof import Proof
    from qc_station.operating.sets import SetFigures


def share(text: str) -> float:
    """A share between 0 and 1 from 1% or 0.01.

    Raises:
        click.BadParameter: it is none.
    """
    try:
        found = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        found = -1.0
    if not 0 < found < 1:
        raise click.BadParameter(f"{text!r} is no share between 0 and 1; write 1% or 0.01")
    return found


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("manifest", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--max-escape",
    type=share,
    metavar="SHARE",
    required=True,
    help="Largest share of bad parts that may pass, e.g. 1%.",
)
@click.option("--confidence", type=share, metavar="SHARE", default="95%", show_default=True, help="How surely.")
@station_option(
    "Whose parts prove it, unless a MANIFEST is given, and whose line decides by it. Default: the bundle's own.",
    required=False,
)
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    default="test",
    show_default=True,
    help="Parts that prove it; those that the bundle was made with are refused.",
)
@click.option("--sets", type=share, metavar="SHARE", help="Also show sets of classes with this coverage, e.g. 90%.")
@click.option("--dry-run", is_flag=True, help="Only say what is proved; the line goes on deciding as it does.")
@json_option
def command(
    bundle: Path,
    manifest: Path | None,
    max_escape: float,
    confidence: float,
    station: Path | None,
    split: str,
    sets: float | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Prove that BUNDLE lets at most so many bad parts pass, or say how many more labelled ones the proof needs.

    BUNDLE is a folder, or with --station the name of one in its bundles.

    The thresholds are those of the costs, tightened until the exact binomial bound holds on parts that the bundle was
    not made with. What is proved is written into the station, and its line decides by it from its next start or
    promotion on. Exit code 1 where nothing is proved.
    """
    from deploy.runtime import Runtime
    from qc_station.operating.held import held_out
    from qc_station.operating.point import policy_of, station_of
    from qc_station.operating.proof import prove
    from qc_station.operating.sets import set_figures
    from qc_station.verdict import Policy

    runtime = Runtime(bundle_folder(bundle, station))
    home = station or station_of(runtime.bundle.folder)
    held = held_out(runtime, _parts(runtime, manifest, home, split))
    proof = prove(held, Policy.of(runtime.manifest.costs), max_escape, confidence)
    figures = set_figures(held, runtime.manifest.tasks["label"].classes, sets) if sets else None
    found = result(held, proof, figures) | {"bundle": runtime.bundle.folder, "split": split}
    if proof.proved and not dry_run:
        found["point"] = _kept(home, runtime, proof, held, split)
    elif standing := policy_of(home, runtime.manifest).point:
        note(f"unchanged: the station decides by what was proved before, {standing.promise}")
    if not as_json:
        show(held, proof, figures)
    finish(found, as_json, text=words(proof), passed=proof.proved)


def _parts(runtime: Any, manifest: Path | None, home: Path | None, split: str) -> "Iterator[Item]":
    from qc_station.operating.parts import of_manifest, of_store

    if manifest is not None:
        return of_manifest(manifest, runtime.manifest, split, home)
    if home is None:
        raise click.UsageError("this bundle lies in no station's folder; give --station DIR or a MANIFEST")
    return of_store(home, split)


def _kept(home: Path | None, runtime: Any, proof: "Proof", held: "Held", split: str) -> Path | None:
    """Write the point, and say what one should know of it."""
    from qc_station.operating.point import proved_with, write_point

    if home is None:
        note("not written: this bundle lies in no station's folder; --station says whose line is to decide by it")
        return None
    others = [name for name in proved_with(home, held.data_digest) if name != runtime.bundle.name]
    if others:
        note(f"these parts proved {', '.join(others)} too; a promise holds for one bundle, not for the best of several")
    return write_point(home, runtime.manifest, proof, data_digest=held.data_digest, split=split)


def result(held: "Held", proof: "Proof", figures: "SetFigures | None") -> dict[str, Any]:
    """What was found, for programs."""
    from dataclasses import asdict

    found = asdict(proof) | {"unit": proof.unit, "promise": proof.promise if proof.proved else None}
    found |= {"parts": len(held.good), "bad_parts": int((~held.good).sum()), "left_out": held.left_out}
    return found | {"data_digest": held.data_digest, "sets": figures and asdict(figures), "point": None}


def words(proof: "Proof") -> str:
    """What was found, for people."""
    if proof.proved:
        return f"PROVED: {proof.promise}"
    unit = "groups of bad parts" if proof.grouped else "bad parts"
    needed = f"; needed: {proof.more} more labelled {unit}, none of them missed" if proof.more else ""
    return f"NOT PROVED: {proof.why_not}{needed}"


def show(held: "Held", proof: "Proof", figures: "SetFigures | None") -> None:
    """Tables for people."""
    from rich.table import Table

    out = console(as_json=False)
    bad = int((~held.good).sum())
    out.print(f"{len(held.good)} held-out parts, {bad} of them bad; {held.left_out} more tell nothing")
    for name, (passes, rejects) in (("here", (proof.passes, proof.rejects)), ("by the costs alone", proof.by_costs)):
        out.print(f"{name}: PASS up to {passes:.4g}, REJECT from {rejects:.4g}, REVIEW between")
    table = Table("rate", *(["by groups", "by parts"] if proof.grouped else ["parts"]))
    for name, rate in proof.rates.items():
        table.add_row(name, *([str(rate.groups)] if proof.grouped else []), str(rate.parts))
    out.print(table)
    if proof.grouped:
        out.print(
            "Parts of one group are not independent: the promise counts groups, one of which escapes where any part does."
        )
    if figures is not None:
        out.print(set_table(figures))


def set_table(figures: "SetFigures") -> Any:
    """Coverage of the sets by class: counted with exact bounds, and as the mean over random splits."""
    from rich.table import Table

    def percents(value: float | None) -> str:
        return "-" if value is None else f"{100 * value:.1f} %"

    title = (
        f"sets of classes that hold the true one in {percents(figures.wanted)}; in {figures.splits} random splits of the "
        f"groups on average: coverage {percents(figures.coverage)}, one class in {percents(figures.singletons)} of the "
        f"sets, none in {percents(figures.empty)}"
    )
    each = "coverage, each part once (exact 95 % bounds)"
    table = Table("class", "parts", each, f"mean of {figures.splits} splits", "threshold", title=title)
    for name, one in figures.classes.items():
        threshold = "own" if one.own else "shared by rare classes"
        table.add_row(name, str(one.parts), str(one.once), percents(one.coverage), threshold)
    table.add_row("all", str(figures.once.total), str(figures.once), percents(figures.coverage), "")
    return table
