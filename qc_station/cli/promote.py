"""Let a bundle decide at a station from now on; refused with the reason where a gate fails."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.bundle import bundle_folder
from qc_station.cli.login import who_option
from qc_station.cli.output import finish, json_option
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from qc_station.champion.promotion import Promotion


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@station_option()
@who_option()
@click.option("--why", default="", help="Why, for the record.")
@click.option("--despite", metavar="REASON", help="Promote although gates fail; the reason and the gates are recorded.")
@json_option
def command(bundle: Path, station: Path, who: str, why: str, despite: str | None, as_json: bool) -> None:
    """Make BUNDLE, a folder or the name of one in the station's bundles, the champion.

    Gates: it loads, meets its self-test and takes the station's streams; its export was held against its training; it
    beats the classical floor; on the challenge set it is not significantly worse than the champion. It runs on the
    execution provider of the champion before where its self-test is met there, else on the fastest that is measured
    now. A line that runs takes it up by itself within seconds, between two parts.
    """
    from qc_station.champion.promotion import promote
    from qc_station.config.loading import load_station

    folder = bundle_folder(bundle, station)
    if despite is not None and not despite.strip():
        raise click.UsageError("--despite needs a reason in words")
    done = promote(station, load_station(station), folder, who=who, why=why, despite=despite)
    finish(_told(done), as_json, text=_said(done))


def _told(done: "Promotion") -> dict[str, Any]:
    import msgspec

    return {
        "champion": msgspec.to_builtins(done.reign),
        "before": done.before and done.before.bundle,
        "challenge": {"split": done.challenge.split, "items": len(done.challenge.items)},
        "figures": done.figures and done.figures.as_json(),
        "compared": done.compared and done.compared.as_json(),
        "runs_on": msgspec.to_builtins(done.runs_on),
    }


def _said(done: "Promotion") -> str:
    """For people."""
    before = f"; before it was {done.before.folder}" if done.before else ""
    lines = [f"champion: {done.reign.folder}, promoted by {done.reign.who}{before}"]
    lines.append(f"  runs on {done.runs_on.told() if done.runs_on else 'CPU with 1 thread; nothing could be measured'}")
    if done.figures is None:
        lines.append("no labelled item in the split test or challenge: nothing was compared")
    else:
        lines += [f"  {name}: {found}" for name, found in done.figures.rates.items()]
    if done.compared is not None:
        test = done.compared.classes
        lines.append(
            f"  beside the champion before: {test.only_first} parts right by this one alone, {test.only_second} by that "
            f"one alone (McNemar mid-p {test.p:.3g})"
        )
    lines += [f"  overruled: {gate}" for gate in done.reign.despite]
    return "\n".join(lines)
