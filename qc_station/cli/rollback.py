"""Give the place back to the champion before."""

from pathlib import Path

import click

from qc_station.cli.login import who_option
from qc_station.cli.output import finish, json_option
from qc_station.cli.station import station_option


@click.command()
@station_option()
@who_option()
@click.option("--why", default="", help="Why, for the record.")
@json_option
def command(station: Path, who: str, why: str, as_json: bool) -> None:
    """Roll back to the champion before this one; done again, to the one before that.

    No gate is asked but that it loads and meets its self-test. A line that runs takes it up by itself within seconds.
    """
    import msgspec

    from qc_station.champion.promotion import roll_back
    from qc_station.config.loading import load_station

    reign = roll_back(station, load_station(station), who=who, why=why)
    text = f"champion: {reign.folder}, rolled back to by {reign.who}"
    finish({"champion": msgspec.to_builtins(reign)}, as_json, text=text)
