"""Look whether this computer, the installation and a station can do their work; every fault at once."""

from pathlib import Path

import click

from qc_station.cli.bundle import bundle_folder
from qc_station.cli.output import finish, json_option
from qc_station.cli.station import station_option


@click.command()
@station_option("A station's folder: look at its configuration, store and bundles as well.", required=False)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="A bundle, or with --station its name there: check it, and measure every execution provider and number of threads.",
)
@click.option("--measure", is_flag=True, help="Do so for every bundle of the station; the line takes the fastest.")
@json_option
def command(station: Path | None, bundle: Path | None, measure: bool, as_json: bool) -> None:
    """Show names, versions, execution providers, processors, clocks and disk, and whether a station loads.

    Exits with 1 when a check failed. Training's packages may be missing: a box that inspects needs none of them.
    """
    from qc_station.checkup import checkup

    if measure and station is None:
        raise click.UsageError("--measure notes its figures in a station; allowed: with --station, or --bundle alone")
    checks = checkup(station, bundle and bundle_folder(bundle, station), measure=measure)
    failed = [check for check in checks if not check.passed]
    width = max(len(check.name) for check in checks)
    lines = [f"{'ok  ' if check.passed else 'FAIL'}  {check.name:{width}}  {check.detail}" for check in checks]
    shown = [{"name": check.name, "passed": check.passed, "detail": check.detail} for check in checks]
    lines.append(f"{len(failed)} of {len(checks)} checks failed" if failed else f"all {len(checks)} checks passed")
    finish({"passed": not failed, "checks": shown}, as_json, text="\n".join(lines), passed=not failed)
